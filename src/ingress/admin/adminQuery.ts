import type { ConnectionFilter, PageQuery } from '../../edges.ts'
import { HoldfastError } from '../../errors.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** A query as name and value pairs, in order. */
export type QueryPairs = readonly (readonly [name: string, value: string])[]

const META = 'meta.'

/** Reads the query of a listing of channels. Throws ADMIN_REQUEST_INVALID that names the parameter. */
export function parseChannelQuery(pairs: QueryPairs): { prefix: string; page: PageQuery } {
  const values = singleValues(pairs, ['prefix', 'limit', 'cursor'])
  return { prefix: values.get('prefix') ?? '', page: pageQuery(values) }
}

/** Reads the query of a listing of connections. Throws ADMIN_REQUEST_INVALID that names the parameter. */
export function parseConnectionQuery(pairs: QueryPairs): { filter: ConnectionFilter; page: PageQuery } {
  const isMeta = ([name]: readonly [string, string]): boolean => name.startsWith(META)
  const others = pairs.filter((pair) => !isMeta(pair))
  const values = singleValues(others, ['channel', 'route', 'limit', 'cursor'])
  const meta = pairs.filter(isMeta).map(([name, value]) => [name.slice(META.length), value] as const)
  const filter = { channel: values.get('channel'), route: values.get('route'), meta }
  return { filter, page: pageQuery(values) }
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

function invalid(text: string): HoldfastError {
  return new HoldfastError('ADMIN_REQUEST_INVALID', text)
}
