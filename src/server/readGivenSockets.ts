import { readFileSync, readlinkSync } from 'node:fs'
import { HoldfastError } from '../errors.ts'
import type { GivenSocket } from '../util/givenSockets.ts'

/** Where a process finds, as JSON, the listening sockets that its predecessor or its primary has left it. */
export const SOCKETS_VARIABLE = 'HOLDFAST_SOCKETS'

/** The first descriptor that systemd passes. sd_listen_fds(3). */
const FIRST_FD = 3

/**
 * Reads which listening sockets this process was given: by the process before it, by its primary, or by systemd (`LISTEN_FDS`,
 * `LISTEN_PID`). Takes the variables away, which are for this process alone. Throws LISTEN_FAILED when a socket's address cannot be
 * found out.
 */
export function readGivenSockets(env: NodeJS.ProcessEnv, pid: number): readonly GivenSocket[] {
  const { [SOCKETS_VARIABLE]: left, LISTEN_FDS: count, LISTEN_PID: owner } = env
  for (const name of [SOCKETS_VARIABLE, 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name]
  // We have written it ourselves.
  if (left !== undefined) return JSON.parse(left) as GivenSocket[]
  if (count === undefined || Number(owner) !== pid) return []
  return Array.from({ length: Number(count) }, (_, i) => describeSocket(FIRST_FD + i))
}

/** Node tells the address of what it listens on itself; of another descriptor, the kernel does. proc(5). */
function describeSocket(fd: number): GivenSocket {
  const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/self/fd/${fd}`))?.[1]
  if (inode !== undefined) {
    for (const file of ['tcp', 'tcp6']) {
      const fields = rowsOf(file).find((row) => row[INODE_COLUMN.tcp] === inode)
      if (fields?.[1] !== undefined) return { fd, ...parseAddress(fields[1]) }
    }
    const path = rowsOf('unix').find((row) => row[INODE_COLUMN.unix] === inode)?.[7]
    if (path !== undefined) return { fd, path }
  }
  throw new HoldfastError('LISTEN_FAILED', `descriptor ${fd} of LISTEN_FDS is no listening socket`)
}

const INODE_COLUMN = { tcp: 9, unix: 6 } as const

function rowsOf(file: string): string[][] {
  const lines = readFileSync(`/proc/net/${file}`, 'utf8').split('\n').slice(1)
  return lines.map((line) => line.trim().split(/\s+/))
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // What the caller says of a descriptor that is none says enough.
    return ''
  }
}

/** Parses `0100007F:1F90`: words of four bytes in the order of the machine, which is little-endian wherever Node runs. */
function parseAddress(text: string): { host: string; port: number } {
  const [words = '', port = ''] = text.split(':')
  const bytes = Buffer.from(words, 'hex')
  if (bytes.length % 4 === 0) bytes.swap32()
  return { host: bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes), port: Number.parseInt(port, 16) }
}

/** As URLs shorten it, and therefore Node. */
function formatIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
