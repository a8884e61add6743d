import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { denyingLookup, isDeniedHost } from '../../origin/denyList.ts'
import type { HttpTarget } from '../../route/target.ts'

const TIMEOUT_MS = 3000

/** Connects to a target, by TLS where it says so, and hangs up. Answers why that failed; undefined when it did not. */
export function probeTarget(target: HttpTarget, certificateName: string): Promise<string | undefined> {
  if (target.untrusted && isDeniedHost(target.host))
    return Promise.resolve('it is untrusted, and its address is private')
  return new Promise((resolve) => {
    const finish = (fault: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(fault)
    }
    const timer = setTimeout(() => finish(`no connection within ${TIMEOUT_MS / 1000} seconds`), TIMEOUT_MS)
    const socket = open(target, certificateName, () => finish(undefined))
    socket.on('error', (error) => finish(describe(error)))
  })
}

function open(target: HttpTarget, certificateName: string, onOpen: () => void): Socket {
  const { host, port } = target
  const place = { host, port, ...(target.untrusted ? { lookup: denyingLookup } : {}) }
  if (!target.tls) return connectTcp(place, onOpen)
  const { clientCert: cert, clientKey: key } = target
  const name = isIP(certificateName) === 0 ? { servername: certificateName } : {}
  return connectTls({ ...place, ...name, cert, key, rejectUnauthorized: !target.insecure }, onOpen)
}

/** A host with several addresses fails with one error for each, and says nothing itself. */
function describe(error: Error): string {
  return error instanceof AggregateError ? (error.errors[0] as Error).message : error.message
}
