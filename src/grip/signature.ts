import { createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { HoldfastError } from '../errors.ts'
import { isJsonObject } from './jsonFields.ts'
import { parseJsonBytes } from './jsonText.ts'
import type { GripKey } from './keys.ts'

const LIFETIME_SECONDS = 3600
const TOKEN_FORM = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** JWS wants the two numbers of an ECDSA signature side by side and not in DER. RFC 7518 §3.4. */
const ECDSA_FORM = 'ieee-p1363'

/** Signs requests to origins, so that they know whom they talk to. GRIP: Grip-Sig. */
export class GripSigner {
  readonly #key: GripKey
  readonly #signKey: KeyObject
  readonly #iss: string
  readonly #header: string
  #token = ''
  #tokenSeconds = Number.NaN

  /** Throws KEY_INVALID for a public key. */
  constructor(options: { iss: string; key: GripKey }) {
    const { iss, key } = options
    if (key.signKey === undefined) throw new HoldfastError('KEY_INVALID', 'a public key cannot sign')
    this.#key = key
    this.#signKey = key.signKey
    this.#iss = iss
    this.#header = encodePart({ typ: 'JWT', alg: key.algorithm })
  }

  /**
   * Returns a token with the claims `iss` and `exp`, one hour from now. Calls within the same second share one, as an RSA
   * signature costs more than all else about a request.
   */
  sign(nowSeconds: number): string {
    const seconds = Math.floor(nowSeconds)
    if (seconds !== this.#tokenSeconds) {
      this.#token = this.#make(seconds)
      this.#tokenSeconds = seconds
    }
    return this.#token
  }

  #make(seconds: number): string {
    const signed = `${this.#header}.${encodePart({ iss: this.#iss, exp: seconds + LIFETIME_SECONDS })}`
    return `${signed}.${makeSignature(signed, this.#key, this.#signKey).toString('base64url')}`
  }
}

/** Makes a signer, or none when the key or the issuer is empty: requests then carry no Grip-Sig. */
export function createGripSigner(iss: string, key: GripKey | undefined): GripSigner | undefined {
  return iss === '' || key === undefined ? undefined : new GripSigner({ iss, key })
}

/**
 * Tells whether a token is signed with that key, by the algorithm of the key and no other, and its `exp` is in the
 * future. GRIP: a request that carries one comes from a trusted proxy.
 */
export function verifyGripSig(token: string, key: GripKey, nowSeconds: number): boolean {
  const match = TOKEN_FORM.exec(token)
  if (match === null) return false
  const [, header = '', claims = '', signature = ''] = match
  if (!isHeaderFor(key, decodePart(header))) return false
  if (!isSignature(Buffer.from(signature, 'base64url'), `${header}.${claims}`, key)) return false
  return isCurrent(decodePart(claims), nowSeconds)
}

/** `crit` names extensions that a receiver must understand, and we understand none. RFC 7515 §4.1.11. */
function isHeaderFor(key: GripKey, header: unknown): boolean {
  if (!isJsonObject(header)) return false
  const { alg, crit } = header
  return alg === key.algorithm && crit === undefined
}

function isCurrent(claims: unknown, nowSeconds: number): boolean {
  if (!isJsonObject(claims)) return false
  const { exp } = claims
  return typeof exp === 'number' && Number.isInteger(exp) && exp > 0 && exp > nowSeconds
}

function makeSignature(signed: string, key: GripKey, signKey: KeyObject): Buffer {
  if (key.algorithm === 'HS256') return createHmac('sha256', signKey).update(signed).digest()
  return sign('sha256', Buffer.from(signed), { key: signKey, dsaEncoding: ECDSA_FORM })
}

function isSignature(signature: Buffer, signed: string, key: GripKey): boolean {
  if (key.algorithm !== 'HS256') {
    return verify('sha256', Buffer.from(signed), { key: key.verifyKey, dsaEncoding: ECDSA_FORM }, signature)
  }
  const expected = makeSignature(signed, key, key.verifyKey)
  return signature.length === expected.length && timingSafeEqual(signature, expected)
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decodePart(part: string): unknown {
  return parseJsonBytes(Buffer.from(part, 'base64url'))
}
