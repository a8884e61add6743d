import type { HoldfastError } from '../errors.ts'
import { countAnswer } from '../stats/headBytes.ts'
import { filterHeaders, getHeader, type RawHeaders, type ResponseHead } from '../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../util/hopByHop.ts'
import type { BodyTaker, Exchange } from './exchange.ts'

/** Relays an answer without instructions to the client as it arrives, at the client's pace. */
export class RelayedBody implements BodyTaker {
  readonly #exchange: Exchange
  readonly #status: number
  /** Bytes still to come where the origin has declared them; the last of them can be sent together with the end. */
  #remaining: number
  #last: Buffer | undefined
  #bodyBytes = 0

  constructor(exchange: Exchange, head: ResponseHead) {
    this.#exchange = exchange
    this.#status = head.status
    this.#remaining = Number(getHeader(head.headers, 'content-length') ?? -1)
    exchange.response.onDrain = () => exchange.resume()
    const relayed = { status: head.status, reason: head.reason, headers: relayedHeaders(head) }
    countAnswer(exchange.connection.traffic, relayed, 0)
    exchange.response.head(relayed)
  }

  data(chunk: Buffer): boolean {
    this.#bodyBytes += chunk.length
    this.#exchange.connection.traffic.clientContentBytesSent += chunk.length
    this.#remaining -= chunk.length
    if (this.#remaining === 0) {
      this.#last = chunk
      return true
    }
    return this.#exchange.response.write(chunk)
  }

  end(): void {
    this.#exchange.response.end(this.#last)
    this.#exchange.finish({ status: this.#status, bodyBytes: this.#bodyBytes })
  }

  /** A body that broke off must not look complete to the client. */
  failed(error: HoldfastError): void {
    this.#exchange.breakOff(error)
  }
}

/** RFC 9110 §8.6: 204 never has a Content-Length. */
function relayedHeaders({ status, headers }: ResponseHead): string[] {
  const kept = endToEndHeaders(headers)
  return status === 204 ? filterHeaders(kept, (name) => name !== 'content-length') : kept
}

/** Removes what speaks of the origin's connection only. RFC 9110 §7.6.1. */
export function endToEndHeaders(headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!isHopByHop(name.toLowerCase(), nominated)) kept.push(name, headers[i + 1] as string)
  }
  return kept
}
