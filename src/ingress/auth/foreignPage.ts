import { isIP } from 'node:net'
import { getHeader, type RawHeaders } from '../../util/headers.ts'

/** A call to the control port: its head, and the connection that it came on. */
export interface Call {
  readonly method: string
  readonly headers: RawHeaders
  readonly socket: { readonly localAddress?: string | undefined; readonly localPort?: number | undefined }
}

/** They change nothing, and without CORS a page of another site does not see what they answer. RFC 9110 §9.2.1. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/

/**
 * Says why a call comes from a page that has no business here; undefined for all others. Browsers send simple requests (a POST of
 * text/plain or of a form) wherever a page tells them to, with the user's place in the network and the passwords that they know. What
 * browsers alone send tells such calls from those of programs. Fetch Metadata §2.4, Fetch §3.1.
 */
export function foreignPage(call: Call): string | undefined {
  const { method, headers } = call
  if (SAFE_METHODS.has(method)) return undefined
  const origin = getHeader(headers, 'origin')
  const site = getHeader(headers, 'sec-fetch-site')
  if (origin === undefined) return site === 'cross-site' ? 'a page of another site' : undefined
  const page = hostnameOf(origin)
  const host = hostnameOf(`http://${getHeader(headers, 'host') ?? ''}`)
  if (page === undefined || host === undefined) return 'a page of another site'
  // Programs of this machine serve it, whether they call us 127.0.0.1 or localhost.
  if (LOOPBACK.test(page) && LOOPBACK.test(host)) return undefined
  if (page === host && isRebound(call, host)) return `a page of ${page}, which is no name of this machine`
  return isOwn({ page, host, site, headers }) ? undefined : `a page of ${page}`
}

/** Pages of the same site, whatever their port, belong to who runs us. Without the browser's word it is the same host. */
function isOwn(call: {
  readonly page: string
  readonly host: string
  readonly site: string | undefined
  readonly headers: RawHeaders
}): boolean {
  if (call.site !== undefined) return call.site !== 'cross-site'
  // A page cannot add this field to a simple request; a proxy before us does, that asks by another name.
  const asked = getHeader(call.headers, 'x-forwarded-host')
  return call.page === call.host || (asked !== undefined && call.page === hostnameOf(`http://${asked}`))
}

/**
 * Whether a name that is not ours leads a browser to the loopback address: a page may have its own name lead there, and is then one
 * origin with us. A proxy on this machine that keeps the Host of its callers keeps its own port with it.
 */
function isRebound({ headers, socket }: Call, host: string): boolean {
  const isName = isIP(host) === 0 && !host.startsWith('[')
  const hasOurPort = getHeader(headers, 'host')?.endsWith(`:${socket.localPort}`) === true
  return isName && hasOurPort && isLoopbackAddress(socket.localAddress)
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address)
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined
}
