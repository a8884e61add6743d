import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import type { RouteTraffic } from './routeTraffic.ts'

/** Bytes of the texts of header fields. Pushpin counts neither separators nor line ends: operations.md §4.5. */
function fieldBytes(headers: RawHeaders): number {
  let bytes = 0
  for (const text of headers) bytes += text.length
  return bytes
}

const STATUS_DIGITS = 3

/** Bytes of a response's head: status, reason and fields. */
export function headBytes({ reason, headers }: ResponseHead): number {
  return STATUS_DIGITS + reason.length + fieldBytes(headers)
}

/** Bytes of a request's head: method, target and fields. */
export function requestBytes(method: string, target: string, headers: RawHeaders): number {
  return method.length + target.length + fieldBytes(headers)
}

/** Counts what a client is answered: the head, and so many bytes of content. */
export function countAnswer(traffic: RouteTraffic, head: ResponseHead, contentBytes: number): void {
  traffic.clientHeaderBytesSent += headBytes(head)
  traffic.clientContentBytesSent += contentBytes
}
