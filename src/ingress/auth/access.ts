import { shownText } from '../../grip/headerText.ts'
import type { GripKey } from '../../grip/keys.ts'
import { getHeader, type RawHeaders } from '../../util/headers.ts'
import { type ControlAnswer, textAnswer } from '../controlAnswer.ts'
import { type Call, foreignPage } from './foreignPage.ts'
import { ALL_SCOPES, type Scope } from './scope.ts'
import { Secret } from './secret.ts'
import { type Identity, TokenVerifier } from './tokenVerifier.ts'

/** Why a call is refused: what the log says, and the answer. */
export interface Refusal {
  readonly reason: string
  readonly answer: ControlAnswer
}

/** Decides who may do what on the control port. */
export interface Access {
  /** Answers undefined for a call that may go on; at once, unless it carries a token that was not seen before. */
  refuse(call: Call, scope: Scope): Refusal | undefined | Promise<Refusal | undefined>
}

/** What the configuration says of access, `[control]`. */
export interface AccessOptions {
  readonly authKey: GripKey | undefined
  /** Issuer of tokens; empty for any. */
  readonly authIss: string
  /** `USER:PASSWORD`. */
  readonly authBasic: string | undefined
}

/**
 * Lets everybody do everything, but for pages of other sites, which come by the browser of somebody who is let in. An Authorization
 * field does no harm then: GRIP libraries send it, and even an empty one.
 */
export const OPEN_ACCESS: Access = { refuse: refuseForeignPage }

/** Makes the access that is configured; without key and password it is open. */
export function createAccess(options: AccessOptions): Access {
  const isOpen = options.authKey === undefined && options.authBasic === undefined
  return isOpen ? OPEN_ACCESS : new LockedAccess(options)
}

const REALM = 'realm="holdfast"'
const NO_CREDENTIALS: Identity = { fault: 'no key was given' }
const WRONG_KEY: Identity = { fault: 'the key is not right' }
const WRONG_PASSWORD: Identity = { fault: 'user or password is not right' }
const UNKNOWN_SCHEME: Identity = { fault: 'the Authorization field has neither Bearer nor Basic' }
const EVERYTHING: Identity = { scopes: ALL_SCOPES }
const KNOWN_PASSWORD: Identity = { scopes: ALL_SCOPES }

/** RFC 7519 §3: three parts of base64url with dots between them. */
const TOKEN_FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/

class LockedAccess implements Access {
  readonly #key: Secret | undefined
  readonly #tokens: TokenVerifier | undefined
  readonly #password: Secret | undefined

  constructor({ authKey, authIss, authBasic }: AccessOptions) {
    this.#key = authKey?.algorithm === 'HS256' ? new Secret(authKey.verifyKey.export()) : undefined
    this.#tokens = authKey === undefined ? undefined : new TokenVerifier({ key: authKey, iss: authIss })
    this.#password = authBasic === undefined ? undefined : new Secret(Buffer.from(authBasic))
  }

  refuse(call: Call, scope: Scope): Refusal | undefined | Promise<Refusal | undefined> {
    const identity = this.#identify(call.headers)
    // A browser adds the password by itself, to what any page sends; a key must be known to whoever sends it.
    if (identity === KNOWN_PASSWORD) return refuseForeignPage(call)
    return identity instanceof Promise
      ? identity.then((known) => this.#judge(known, scope))
      : this.#judge(identity, scope)
  }

  #judge(identity: Identity, scope: Scope): Refusal | undefined {
    if ('fault' in identity) return this.#unauthorized(identity)
    return identity.scopes.has(scope) ? undefined : forbidden(scope)
  }

  /** Fastly's API takes its token in a field of its own, and clients of that API send it so. */
  #identify(headers: RawHeaders): Identity | Promise<Identity> {
    const fastlyKey = getHeader(headers, 'fastly-key')
    if (fastlyKey !== undefined && this.#isKey(fastlyKey)) return EVERYTHING
    const authorization = getHeader(headers, 'authorization')?.trim() ?? ''
    if (authorization === '') return fastlyKey === undefined ? NO_CREDENTIALS : WRONG_KEY
    const [scheme, credentials] = splitAuthorization(authorization)
    switch (scheme) {
      case 'bearer':
        return this.#identifyBearer(credentials)
      case 'basic':
        return this.#password?.equals(Buffer.from(credentials, 'base64')) ? KNOWN_PASSWORD : WRONG_PASSWORD
      default:
        return UNKNOWN_SCHEME
    }
  }

  #identifyBearer(credentials: string): Identity | Promise<Identity> {
    if (this.#isKey(credentials)) return EVERYTHING
    if (this.#tokens === undefined || !TOKEN_FORM.test(credentials)) return WRONG_KEY
    return this.#tokens.verify(credentials)
  }

  /** A secret may be shown as it is (Node reads fields as Latin-1), as base64 with or without the `base64:` of the configuration, or as the hex of a key file. */
  #isKey(shown: string): boolean {
    const key = this.#key
    if (key === undefined) return false
    const base64 = shown.startsWith('base64:') ? shown.slice('base64:'.length) : shown
    const forms = [Buffer.from(shown, 'latin1'), Buffer.from(base64, 'base64'), Buffer.from(shown, 'hex')]
    return forms.some((form) => key.equals(form))
  }

  /** RFC 6750 §3, RFC 7617 §2. */
  #unauthorized(identity: { readonly fault: string }): Refusal {
    const error = identity === NO_CREDENTIALS ? '' : ', error="invalid_token"'
    const challenges: string[] = []
    if (this.#tokens !== undefined) challenges.push('WWW-Authenticate', `Bearer ${REALM}${error}`)
    if (this.#password !== undefined) challenges.push('WWW-Authenticate', `Basic ${REALM}`)
    return { reason: identity.fault, answer: textAnswer(401, `Unauthorized: ${identity.fault}.`, challenges) }
  }
}

/** Keys may have blanks in them. */
function splitAuthorization(text: string): [lowerScheme: string, credentials: string] {
  const blank = text.indexOf(' ')
  return blank < 0 ? [text.toLowerCase(), ''] : [text.slice(0, blank).toLowerCase(), text.slice(blank).trim()]
}

function refuseForeignPage(call: Call): Refusal | undefined {
  const page = foreignPage(call)
  if (page === undefined) return undefined
  const reason = `${shownText(page)} may use this port with a key only`
  return { reason, answer: textAnswer(403, `Forbidden: ${reason}.`) }
}

function forbidden(scope: Scope): Refusal {
  const reason = `the token lacks the scope ${scope}`
  const challenge = `Bearer ${REALM}, error="insufficient_scope", scope="${scope}"`
  return { reason, answer: textAnswer(403, `Forbidden: ${reason}.`, ['WWW-Authenticate', challenge]) }
}
