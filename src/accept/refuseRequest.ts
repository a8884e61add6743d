import type { ServerResponse } from 'node:http'
import type { RawHeaders } from '../util/headers.ts'
import type { RequestFault } from './requestHead.ts'

/** Answers a request that goes no further, with the reason for people; the connection ends with it. */
export function refuseRequest(outgoing: ServerResponse, fault: RequestFault, fields: RawHeaders = []): void {
  const body = `${fault.reason}\n`
  outgoing.sendDate = false
  outgoing.shouldKeepAlive = false
  outgoing.writeHead(fault.status, [
    'Content-Type',
    'text/plain',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...fields,
  ])
  outgoing.end(body)
}
