import { readFileSync } from 'node:fs'
import { isLoopback } from '../../config/networkTypes.ts'
import { parseKey } from '../../grip/keys.ts'
import { createGripSigner } from '../../grip/signature.ts'
import { unusable } from '../unusable.ts'

/** Where an item goes. */
export type Destination =
  | { readonly kind: 'http'; readonly url: URL; readonly authorization: string | undefined }
  | { readonly kind: 'zeroMq'; readonly spec: string }

/** What the flags say of who publishes. */
export interface Credentials {
  readonly user: string | undefined
  readonly bearer: string | undefined
}

/** What GRIP libraries read from a GRIP URL for themselves; the rest of its query belongs to the server. */
const LIBRARY_PARAMETERS = ['iss', 'key', 'verify-iss', 'verify-key'] as const

/** Reads a GRIP URL, or a ZeroMQ spec, which is all that begins otherwise. Throws CONFIG_INVALID, or KEY_INVALID. */
export function parseDestination(spec: string, credentials: Credentials): Destination {
  if (!/^https?:/.test(spec)) return { kind: 'zeroMq', spec }
  if (credentials.user !== undefined && credentials.bearer !== undefined) {
    throw unusable('only one authentication method can be specified')
  }
  const url = parseUrl(spec)
  const authorization = flagAuthorization(url, credentials) ?? urlAuthorization(url)
  for (const name of LIBRARY_PARAMETERS) url.searchParams.delete(name)
  url.username = ''
  url.password = ''
  url.pathname = `${url.pathname.replace(/\/$/, '')}/publish/`
  return { kind: 'http', url, authorization }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text)
  } catch (error) {
    throw unusable('invalid URL', error)
  }
}

/** Text as in pushpin-publish, which has https only; a password that stays on this machine is safe, too. */
function flagAuthorization(url: URL, { user, bearer }: Credentials): string | undefined {
  if (user === undefined && bearer === undefined) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol !== 'https:' && !isLoopback(host)) throw unusable('Authentication requires https')
  return user === undefined ? `Bearer ${bearer}` : basic(user)
}

/** As GRIP libraries do: an issuer makes a token of the key, a key alone is the token, and a user is for Basic. */
function urlAuthorization({ searchParams, username, password }: URL): string | undefined {
  const key = readKey(searchParams.get('key'))
  const iss = searchParams.get('iss')
  if (iss !== null && key !== undefined) return `Bearer ${signToken(iss, key)}`
  if (key !== undefined) return `Bearer ${key}`
  return username === ''
    ? undefined
    : basic(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
}

/** A `+` in a query means a blank, and people paste base64 as it is. */
function readKey(key: string | null): string | undefined {
  if (key === null || key === '') return undefined
  return key.startsWith('base64:') ? key.replaceAll(' ', '+') : key
}

function signToken(iss: string, text: string): string {
  const signer = createGripSigner(
    iss,
    parseKey(text, (path) => readFileSync(path)),
  )
  if (signer === undefined) throw unusable('the issuer in the GRIP URL is empty')
  return signer.sign(Date.now() / 1000)
}

function basic(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`
}
