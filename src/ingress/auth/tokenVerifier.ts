import type { errors as JoseErrors } from 'jose'
import type { GripKey } from '../../grip/keys.ts'
import { parseScopes, type Scope } from './scope.ts'

/** Who a caller is: what it may do, or why it is not believed. */
export type Identity = { readonly scopes: ReadonlySet<Scope> } | { readonly fault: string }

/** Which tokens are good. */
export interface TokenVerifierOptions {
  readonly key: GripKey
  /** The issuer that tokens must name; empty for any. */
  readonly iss: string
  /** Unix time; by default the machine's. */
  readonly nowMs?: () => number
}

/** How far the clocks of publishers may be off. */
const CLOCK_TOLERANCE_SECONDS = 30

/** Tokens found valid that are remembered: libraries send one for up to an hour. */
const MAX_KNOWN_TOKENS = 256

interface KnownToken {
  readonly identity: Identity
  readonly exp: number
}

/**
 * Verifies JWTs with one key, by the one algorithm of that key: a token cannot choose another, nor `none`, and a public
 * key is never taken for a secret. `exp` must be there, and `iss` be the one configured.
 */
export class TokenVerifier {
  readonly #key: GripKey
  readonly #iss: string
  readonly #nowMs: () => number
  readonly #known = new Map<string, KnownToken>()

  constructor({ key, iss, nowMs = Date.now }: TokenVerifierOptions) {
    this.#key = key
    this.#iss = iss
    this.#nowMs = nowMs
  }

  /** Answers at once for a token that was valid before, else after its signature was verified. Never rejects. */
  verify(token: string): Identity | Promise<Identity> {
    const known = this.#known.get(token)
    if (known !== undefined && known.exp + CLOCK_TOLERANCE_SECONDS > this.#nowMs() / 1000)
      return known.identity
    return this.#verifyNew(token)
  }

  /** jose is loaded with the first token: it takes 8 MB, and most servers never see one. */
  async #verifyNew(token: string): Promise<Identity> {
    const { errors, jwtVerify } = await import('jose')
    try {
      const { payload } = await jwtVerify(token, this.#key.verifyKey, {
        algorithms: [this.#key.algorithm],
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#nowMs()),
        ...(this.#iss === '' ? {} : { issuer: this.#iss }),
      })
      const identity = { scopes: parseScopes(payload['scope']) }
      this.#remember(token, { identity, exp: payload.exp as number })
      return identity
    } catch (error) {
      return { fault: describeFault(error, errors) }
    }
  }

  #remember(token: string, known: KnownToken): void {
    this.#known.delete(token)
    if (this.#known.size >= MAX_KNOWN_TOKENS) this.#known.delete(this.#known.keys().next().value as string)
    this.#known.set(token, known)
  }
}

/** Claims are only looked at behind a good signature, so that nobody learns of them by guessing. */
function describeFault(error: unknown, errors: typeof JoseErrors): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's ${error.claim} is not accepted`
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is not right"
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not that of the key"
  if (error instanceof errors.JOSEError) return 'the token cannot be read'
  return `the token cannot be verified: ${(error as Error).message}`
}
