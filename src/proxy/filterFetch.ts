import { HoldfastError } from '../errors.ts'
import type { FilterRequest, FilterResponse } from '../hub/filters/filterNetwork.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { HeldRequest } from './heldRequest.ts'
import { callLink } from './linkFetcher.ts'
import { findLink } from './linkPlace.ts'
import type { OriginCall } from './originCall.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

const NO_HEAD: ResponseHead = { status: 0, reason: '', headers: [] }

/** Sends the request of a filter the way that links go. GRIP: http-check, http-modify. */
export function fetchForFilter(
  environment: ProxyEnvironment,
  held: HeldRequest,
  request: FilterRequest,
): Promise<FilterResponse> {
  const place = findLink(environment, held, new URL(request.url))
  if (typeof place === 'string') return Promise.reject(new HoldfastError('ORIGIN_DENIED', place))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    let head = NO_HEAD
    let call: OriginCall | undefined
    const done = (): void =>
      resolve({ status: head.status, headers: head.headers, body: Buffer.concat(chunks) })
    request.signal.addEventListener('abort', () => {
      call?.abort()
      reject(request.signal.reason)
    })
    call = callLink(environment, place, {
      held,
      method: 'POST',
      headers: request.headers,
      body: request.body,
      sink: {
        onInformational: () => {},
        onHead: (received) => {
          head = received
        },
        onData: (chunk) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes <= request.maxBodyBytes) return true
          call?.abort()
          done()
          return true
        },
        onEnd: done,
        onError: reject,
      },
    })
  })
}
