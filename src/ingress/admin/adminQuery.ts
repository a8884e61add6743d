import type {
  ChannelFilter,
  ConnectionFilter,
  ConnectionKey,
  Order,
  OrderedQuery,
  PageQuery,
} from '../../edges/directory.ts'
import { HoldfastError } from '../../errors.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** A query as name and value pairs, in order. */
export type QueryPairs = readonly (readonly [name: string, value: string])[]

const META = 'meta.'

/** Reads the query of a listing of channels. Throws ADMIN_REQUEST_INVALID that names the parameter. */
export function parseChannelQuery(pairs: QueryPairs): { filter: ChannelFilter; page: OrderedQuery<'name'> } {
  const values = singleValues(pairs, ['prefix', 'search', 'sort', 'limit', 'cursor'])
  const filter = { prefix: values.get('prefix') ?? '', search: values.get('search') }
  return { filter, page: { ...pageQuery(values), order: orderIn(values, ['name']) } }
}

const CONNECTION_KEYS: readonly ConnectionKey[] = ['id', 'kind', 'route', 'peer', 'age', 'queue']

/** Reads the query of a listing of connections. Throws ADMIN_REQUEST_INVALID that names the parameter. */
export function parseConnectionQuery(pairs: QueryPairs): {
  filter: ConnectionFilter
  page: OrderedQuery<ConnectionKey>
} {
  const isMeta = ([name]: readonly [string, string]): boolean => name.startsWith(META)
  const others = pairs.filter((pair) => !isMeta(pair))
  const values = singleValues(others, ['channel', 'route', 'search', 'sort', 'limit', 'cursor'])
  const meta = pairs.filter(isMeta).map(([name, value]) => [name.slice(META.length), value] as const)
  const filter = {
    channel: values.get('channel'),
    route: values.get('route'),
    meta,
    search: values.get('search'),
  }
  return { filter, page: { ...pageQuery(values), order: orderIn(values, CONNECTION_KEYS) } }
}

/** What a request for a route's choice says. */
export interface MatchQuery {
  readonly url: string
  readonly method: string
  /** Lines, `NAME: VALUE`. */
  readonly headers: readonly string[]
}

/** Reads the query of a question for the route that a request takes. Throws ADMIN_REQUEST_INVALID that names the parameter. */
export function parseMatchQuery(pairs: QueryPairs): MatchQuery {
  const isHeader = ([name]: readonly [string, string]): boolean => name === 'header'
  const others = pairs.filter((pair) => !isHeader(pair))
  const values = singleValues(others, ['url', 'method'])
  const url = values.get('url')
  if (url === undefined) throw invalid('url: missing; expected http://HOST/PATH, or /PATH')
  const headers = pairs.filter(isHeader).map(([, line]) => line)
  return { url, method: values.get('method') ?? 'GET', headers }
}

/** What is to be refreshed: one connection, or all on a channel. As in Pushpin, `cid` wins over `channel`. */
export type RefreshRequest = { readonly cid: string } | { readonly channel: string }

/** Reads the body of a refresh, `{"cid": ID}` or `{"channel": NAME}`. Throws ADMIN_REQUEST_INVALID. */
export function parseRefresh(body: Buffer): RefreshRequest {
  const { cid, channel } = parseObject(body)
  if (typeof cid === 'string') return { cid }
  if (typeof channel === 'string') return { channel }
  throw invalid('body: expected {"channel": NAME} or {"cid": ID}')
}

function parseObject(body: Buffer): Record<string, unknown> {
  const json = parseJsonBytes(body)
  if (json === undefined) throw invalid('body: expected JSON')
  if (typeof json !== 'object' || json === null) throw invalid('body: expected a JSON object')
  return json as Record<string, unknown>
}

/** A misspelt parameter would otherwise list everything, and a kick of what is listed would reach everybody. */
function singleValues(pairs: QueryPairs, known: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of pairs) {
    if (!known.includes(name)) throw invalid(`${name}: no such parameter; there are ${known.join(', ')}`)
    if (values.has(name)) throw invalid(`${name}: given twice`)
    values.set(name, value)
  }
  return values
}

function pageQuery(values: ReadonlyMap<string, string>): PageQuery {
  const text = values.get('limit') ?? String(DEFAULT_LIMIT)
  const limit = Number(text)
  if (!/^\d{1,9}$/.test(text) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(`limit: expected an integer, 1 to ${MAX_LIMIT}, found "${text}"`)
  }
  return { cursor: values.get('cursor'), limit }
}

/** `sort=KEY`, or `sort=-KEY` for the other way round. */
function orderIn<Key extends string>(
  values: ReadonlyMap<string, string>,
  keys: readonly Key[],
): Order<Key> | undefined {
  const text = values.get('sort')
  if (text === undefined) return undefined
  const descending = text.startsWith('-')
  const by = keys.find((key) => key === (descending ? text.slice(1) : text))
  if (by === undefined) {
    throw invalid(`sort: expected one of ${keys.join(', ')}, perhaps with - before it, found "${text}"`)
  }
  return { by, descending }
}

function invalid(text: string): HoldfastError {
  return new HoldfastError('ADMIN_REQUEST_INVALID', text)
}
