import { getHeader } from '../../util/headers.ts'
import { fetchInTime } from './fetchInTime.ts'
import { CANCELLED, DROP, type FilterStep, filterError, metaValue, type NetworkFilter } from './filter.ts'
import type { FilterNetwork, FilterResponse } from './filterNetwork.ts'
import { requestHeaders } from './requestHeaders.ts'

/** Pushpin's. */
const MAX_RESPONSE_BYTES = 100_000

const NO_BODY = Buffer.alloc(0)

/** Asks a URL whether an item is to be delivered. GRIP: http-check. */
export const httpCheck = createHttpFilter('check')

/** Asks a URL whether an item is to be delivered, and with what content. GRIP: http-modify. */
export const httpModify = createHttpFilter('modify')

function createHttpFilter(mode: 'check' | 'modify'): NetworkFilter {
  const isModify = mode === 'modify'
  return {
    isSync: false,
    ask: async (context, content, network) => {
      const url = resolveUrl(metaValue(context.subscriptionMeta, 'url') ?? '', network)
      if (typeof url !== 'string') return url
      const admission = await network.limiter.admit(url, network.signal)
      if (admission === 'cancelled') return CANCELLED
      if (admission === 'full') return filterError('network request limit reached')
      const answer = await fetchInTime(network, {
        url,
        headers: requestHeaders(context),
        body: isModify ? content : NO_BODY,
        maxBodyBytes: isModify ? MAX_RESPONSE_BYTES : 0,
      })
      if ('kind' in answer) return answer
      const verdict = judge(answer)
      return verdict ?? (isModify ? modified(answer, content) : content)
    },
  }
}

function resolveUrl(text: string, network: FilterNetwork): string | FilterStep {
  if (text === '') return filterError('missing url value')
  if (!URL.canParse(text, network.baseUrl)) return filterError('invalid url value')
  const url = new URL(text, network.baseUrl)
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  return isHttp ? url.href : filterError('invalid url value')
}

/** Undefined when the item is to be delivered. */
function judge({ status, headers }: FilterResponse): FilterStep | undefined {
  if (status !== 200 && status !== 204) {
    return filterError(`unexpected network request status: code=${status}`)
  }
  return getHeader(headers, 'action') === 'drop' ? DROP : undefined
}

function modified({ status, body }: FilterResponse, content: Buffer): FilterStep {
  if (status === 204) return content
  if (body.length <= MAX_RESPONSE_BYTES) return body
  return filterError(`network response exceeded ${MAX_RESPONSE_BYTES} bytes`)
}
