import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { HoldfastError } from '../errors.ts'

/** A key for Grip-Sig with the one JWT algorithm that fits it. */
export interface GripKey {
  readonly algorithm: 'HS256' | 'ES256' | 'RS256'
  /** The secret itself or the public key. */
  readonly verifyKey: KeyObject
  /** The secret itself or the private key; undefined when only the public key is known. */
  readonly signKey: KeyObject | undefined
}

/** Reads a file that a key names; a relative path is relative to wherever the key was written. */
export type ReadKeyFile = (path: string) => Buffer

const PEM_START = '-----BEGIN'
const PRIVATE_LABEL = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** The curve of ES256, as OpenSSL calls P-256. RFC 7518 §3.4. */
const ES256_CURVE = 'prime256v1'

/**
 * Parses a key as the configuration has it: plain text, `base64:TEXT`, or `file:PATH` of a PEM file (EC P-256 or RSA,
 * public or private) or of a hex-encoded secret. Text that is PEM itself, as an environment variable may have it, is such a key and never a
 * secret: a public key is no secret. Empty text is no key. Throws KEY_INVALID; messages never hold the key.
 */
export function parseKey(text: string, readFile: ReadKeyFile): GripKey | undefined {
  if (text === '') return undefined
  if (text.startsWith('file:')) return readKeyFile(text.slice('file:'.length), readFile)
  if (text.trimStart().startsWith(PEM_START)) return pemKey(text.trim(), 'key')
  if (!text.startsWith('base64:')) return secretKey(Buffer.from(text, 'utf8'), 'key')
  return secretKey(Buffer.from(text.slice('base64:'.length), 'base64'), 'base64 key')
}

function readKeyFile(path: string, readFile: ReadKeyFile): GripKey {
  const place = `key file '${path}'`
  const content = loadText(path, readFile)
  if (content.startsWith(PEM_START)) return pemKey(content, place)
  const digits = content.replace(/\s/g, '')
  if (digits.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(digits)) {
    throw keyInvalid(`${place} is neither PEM nor hex`)
  }
  return secretKey(Buffer.from(digits, 'hex'), place)
}

function loadText(path: string, readFile: ReadKeyFile): string {
  try {
    return readFile(path).toString('utf8').trim()
  } catch (cause) {
    throw keyInvalid(`key file '${path}' cannot be read`, cause)
  }
}

function secretKey(secret: Buffer, place: string): GripKey {
  if (secret.length === 0) throw keyInvalid(`${place} is empty`)
  const key = createSecretKey(secret)
  return { algorithm: 'HS256', verifyKey: key, signKey: key }
}

function pemKey(pem: string, place: string): GripKey {
  const { verifyKey, signKey } = loadPem(pem, place)
  return { algorithm: algorithmOf(verifyKey, place), verifyKey, signKey }
}

function loadPem(pem: string, place: string): Pick<GripKey, 'verifyKey' | 'signKey'> {
  try {
    if (!PRIVATE_LABEL.test(pem)) return { verifyKey: createPublicKey(pem), signKey: undefined }
    const signKey = createPrivateKey(pem)
    return { verifyKey: createPublicKey(signKey), signKey }
  } catch (cause) {
    throw keyInvalid(`${place} is not a usable PEM key`, cause)
  }
}

function algorithmOf(key: KeyObject, place: string): 'ES256' | 'RS256' {
  const type = key.asymmetricKeyType
  if (type === 'rsa') return 'RS256'
  if (type === 'ec' && key.asymmetricKeyDetails?.namedCurve === ES256_CURVE) return 'ES256'
  throw keyInvalid(`${place} must hold an EC key on P-256 or an RSA key`)
}

function keyInvalid(text: string, cause?: unknown): HoldfastError {
  return new HoldfastError('KEY_INVALID', text, cause === undefined ? undefined : { cause })
}
