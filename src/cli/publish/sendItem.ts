import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { HoldfastError } from '../../errors.ts'
import { wireFromText } from '../../grip/headerText.ts'
import { encodeTnetstring } from '../../util/tnetstring.ts'
import { loadZeroMq } from '../../zeroMq/loadZeroMq.ts'
import type { ItemFields } from './composeItem.ts'
import type { Destination } from './destination.ts'

/** How long a server may take for its answer, or a ZeroMQ socket to take an item. */
const TIMEOUT_MS = 30_000

/**
 * Publishes an item that is composed for its destination, and returns when it was taken. Throws PUBLISH_FAILED with the
 * server's words, or the network's.
 */
export async function sendItem(destination: Destination, item: ItemFields): Promise<void> {
  if (destination.kind === 'http') await post(destination, JSON.stringify({ items: [item] }))
  else await push(destination.spec, item)
}

async function post(
  { url, authorization }: Extract<Destination, { kind: 'http' }>,
  body: string,
): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  const { status, reason, content } = await exchange(url, {
    headers:
      authorization === undefined ? headers : { ...headers, Authorization: wireFromText(authorization) },
    body,
  })
  if (status !== 200) throw new HoldfastError('PUBLISH_FAILED', content.trim() || `${status} ${reason}`)
}

interface Answered {
  readonly status: number
  readonly reason: string
  readonly content: string
}

function exchange(url: URL, { headers, body }: { headers: object; body: string }): Promise<Answered> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(signal.aborted ? timeout() : error))
    const outgoing = request(url, { method: 'POST', headers: { ...headers }, signal }, (incoming) => {
      const { statusCode: status = 0, statusMessage: reason = '' } = incoming
      text(incoming).then((content) => resolve({ status, reason, content }), fail)
    })
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

function timeout(): Error {
  return new Error(`no answer within ${TIMEOUT_MS / 1000} seconds`)
}

/** A host with several addresses fails with one error for each, and says nothing itself. */
function failure(error: Error): HoldfastError {
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return new HoldfastError('PUBLISH_FAILED', first.message, { cause: error })
}

/**
 * Pushes the item as a bare tnetstring: all that brokers between publishers and servers understand, operations.md §8. `immediate`
 * makes it wait for the connection; otherwise an item for a server that is not there would count as sent.
 */
async function push(spec: string, item: ItemFields): Promise<void> {
  const { Push } = await loadZeroMq()
  const socket = new Push({ immediate: true, sendTimeout: TIMEOUT_MS, linger: TIMEOUT_MS })
  try {
    socket.connect(spec)
    await socket.send(encodeTnetstring(item))
  } catch (error) {
    const isTimeout = (error as NodeJS.ErrnoException).code === 'EAGAIN'
    throw failure(isTimeout ? new Error(`nobody takes items at ${spec}`) : (error as Error))
  } finally {
    socket.close()
  }
}
