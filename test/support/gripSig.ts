import { createHmac, type KeyObject, verify } from 'node:crypto'

/** A Grip-Sig token, taken apart without looking at its signature. */
export interface DecodedToken {
  readonly header: { readonly alg: string }
  readonly claims: { readonly iss: string; readonly exp: number }
}

/** Decodes a JSON Web Token. */
export function decodeToken(token: string): DecodedToken {
  const [header, claims] = token.split('.')
  return {
    header: decodePart(header!) as DecodedToken['header'],
    claims: decodePart(claims!) as DecodedToken['claims'],
  }
}

/** Makes an HS256 token. */
export function hs256Token(claims: Record<string, unknown>, secret: string | Buffer): string {
  const signed = `${encodePart({ alg: 'HS256', typ: 'JWT' })}.${encodePart(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** Tells whether the token is signed with the secret (HS256) or by the owner of the public key (ES256, RS256). */
export function isSignedWith(token: string, key: string | Buffer | KeyObject): boolean {
  const [header, claims, signature] = token.split('.')
  const signed = `${header}.${claims}`
  if (typeof key === 'string' || Buffer.isBuffer(key)) {
    return createHmac('sha256', key).update(signed).digest('base64url') === signature
  }
  const isEc = key.asymmetricKeyType === 'ec'
  const publicKey = isEc ? { key, dsaEncoding: 'ieee-p1363' as const } : key
  return verify('sha256', Buffer.from(signed), publicKey, Buffer.from(signature!, 'base64url'))
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decodePart(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}
