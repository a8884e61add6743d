import type { Route } from '../../route/route.ts'

/** What a path below a route's SockJS path stands for. SockJS 0.3.3: static URLs, session URLs. */
export type SockJsPlace =
  | { readonly kind: 'greeting' | 'info' | 'iframe' | 'rawSocket' | 'unknown' }
  /** The server part is for load balancers only: a WebSocket is known by its id. */
  | { readonly kind: 'session'; readonly id: string; readonly transport: string }

/** Longer ids than any client makes, and short enough to keep many. */
const MAX_ID_LENGTH = 256

/** SockJS 0.3.3: a server or session part is not empty and has no dots. */
const SESSION_PATH = /^\/[^/.]+\/([^/.]+)\/([^/]+)$/

/**
 * Returns what follows a route's SockJS path in a request's path; undefined when the request is not for SockJS. A deviation:
 * Pushpin takes `/chats`, too, where the path is `/chat`.
 */
export function pathBelowSockJs(route: Route, target: string): string | undefined {
  if (route.sockJsPath === undefined) return undefined
  const base = basePath(route.sockJsPath)
  const path = target.split('?', 1)[0] as string
  if (!path.startsWith(base)) return undefined
  const below = path.slice(base.length)
  return below === '' || below.startsWith('/') ? below : undefined
}

/** Reads a path below the SockJS path. */
export function parseSockJsPath(below: string): SockJsPlace {
  if (below === '' || below === '/') return { kind: 'greeting' }
  if (below === '/info') return { kind: 'info' }
  if (below === '/websocket') return { kind: 'rawSocket' }
  if (/^\/iframe[^/]*\.html$/.test(below)) return { kind: 'iframe' }
  const [, id, transport] = SESSION_PATH.exec(below) ?? []
  if (id === undefined || transport === undefined || id.length > MAX_ID_LENGTH) return { kind: 'unknown' }
  return { kind: 'session', id, transport }
}

/**
 * Makes the path by which the origin knows a SockJS client, before `path_rem` and `replace_beg`. Pushpin: `sockjs_as_path`; without
 * it the path differs by transport.
 */
export function sockJsOriginPath(route: Route, transport: 'http' | 'socket'): string {
  if (route.sockJsAsPath !== undefined) return route.sockJsAsPath
  const base = basePath(route.sockJsPath ?? '')
  return transport === 'socket' ? `${base}/websocket` : base || '/'
}

function basePath(path: string): string {
  return path.replace(/\/+$/, '')
}
