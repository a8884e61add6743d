import type { Http2Session, ServerHttp2Stream } from 'node:http2'

/** Set on a connection that is to end, and has requests under way. */
const isLeaving = Symbol('isLeaving')

interface LeavingSession extends Http2Session {
  [isLeaving]?: true
}

/**
 * Ends a connection with GOAWAY: at once when no request is under way, else with the next answer that begins or ends. So the
 * clients that hold something hear of it one by one, as what they hold is let go, and not all of them at one moment.
 */
export function leave(session: Http2Session, { isIdle }: { readonly isIdle: boolean }): void {
  if (isIdle) goAway(session)
  else (session as LeavingSession)[isLeaving] = true
}

/** Sends GOAWAY if the connection is to end: before the end of an answer, for which a client often has a next request. */
export function goAwayFirst({ session }: ServerHttp2Stream): void {
  if (session !== undefined) goAwayIfLeaving(session)
}

/** Sends GOAWAY if the connection is to end, and has not done so yet. */
export function goAwayIfLeaving(session: Http2Session): void {
  if ((session as LeavingSession)[isLeaving]) goAway(session)
}

/**
 * Names the last request that was taken; a client may repeat later ones elsewhere. RFC 9113 §6.8 would have another GOAWAY
 * before it, one that names none, and requests that are on their way taken for a while. But nghttp2 drops what comes after any GOAWAY that
 * `node:http2` can send, and a client would wait for answers until the second one told it not to.
 */
export function goAway(session: Http2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}
