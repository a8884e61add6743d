import { SocketAddress } from 'node:net'

/** The far end of a TCP connection that does not answer. */
export interface Unanswered {
  readonly remotePort: number
  /** In the form that `comparableAddress` gives. */
  readonly remoteAddress: string
}

/** Sendings of the same bytes, or probes of a closed window, after which a peer is suspected: some seconds of silence. */
const MIN_REPEATS = 4

/** Nearly all lines: the timer's time, no retransmits, the user id, no probes. Told without taking the line apart. */
const ANSWERED = /:[\dA-F]{8} 00000000 +\d+ +0 /

/**
 * Reads lines of Linux's table of TCP connections (`/proc/net/tcp`, `/proc/net/tcp6`): who of those that are connected to the port do not
 * answer to what they were sent. Both counters go back to zero with the first answer.
 */
export function readUnanswered(lines: string, localPort: number): Unanswered[] {
  const found: Unanswered[] = []
  for (const line of lines.split('\n')) {
    if (ANSWERED.test(line)) continue
    // sl local remote state tx:rx timer:when retransmits uid probes inode
    const [, local = '', remote = '', , , , retransmits = '', , probes = ''] = line.trim().split(/\s+/)
    if (Number.parseInt(retransmits, 16) < MIN_REPEATS && !(Number(probes) >= MIN_REPEATS)) continue
    if (portOf(local) !== localPort) continue
    found.push({ remotePort: portOf(remote), remoteAddress: addressOf(remote) })
  }
  return found
}

/** Writes an IP address in the one form that addresses can be compared in. */
export function comparableAddress(address: string): string {
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  const { address: canonical } = new SocketAddress({ address, family })
  return canonical.replace(/^::ffff:(?=\d+\.)/, '')
}

function portOf(place: string): number {
  return Number.parseInt(place.slice(place.indexOf(':') + 1), 16)
}

/** Addresses stand there as words of 32 bits in the machine's own order; Linux on big machines is not looked for. */
function addressOf(place: string): string {
  const bytes = Buffer.from(place.slice(0, place.indexOf(':')), 'hex')
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse()
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(2 * n).toString(16))
  return comparableAddress(words.join(':'))
}
