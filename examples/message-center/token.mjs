/** What a user shows to say who they are: their number, signed. An application has its own, or a JWT. */
import { createHmac, timingSafeEqual } from 'node:crypto'

const SECRET = 'only the login page and the message centre know this'
const TOKEN = /^([0-9]{1,9})\.([\w-]{43})$/

/** Makes the token of a user; a login page would. */
export function tokenFor(uid) {
  return `${uid}.${createHmac('sha256', SECRET).update(uid).digest('base64url')}`
}

/** Answers whose token it is; undefined when nobody's. */
export function uidOf(token) {
  const [, uid, signature] = TOKEN.exec(token) ?? []
  if (uid === undefined) return undefined
  const expected = tokenFor(uid).slice(uid.length + 1)
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) ? uid : undefined
}
