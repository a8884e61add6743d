import { createPrivateKey } from 'node:crypto'
import { DEFAULT_CIPHERS } from 'node:tls'

/** Kinds of keys, as `node:crypto` names them, with the signatures they make. RFC 8446 §4.2.3. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  ec: ['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512'],
  ed25519: ['ed25519'],
  ed448: ['ed448'],
  'rsa-pss': ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512'],
  rsa: [
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
  ],
}

/** What a TLS server likes best, in the form of the options of `node:tls`. */
export interface KeyPreference {
  readonly ciphers: string
  readonly sigalgs: string
}

/**
 * Returns the preferences that make a server show the certificate of a name before its default one, whose PEM key is given.
 * OpenSSL keeps a certificate for each kind of key, and that of a name takes the place of a default of its own kind alone:
 * where the kinds differ both can be shown, and the order of signatures (TLS 1.3) and of ciphers (1.2) decides.
 */
export function preferOtherKeys(key: Buffer): KeyPreference {
  const kind = createPrivateKey(key).asymmetricKeyType ?? ''
  const others = Object.keys(SIGNATURES).filter((other) => other !== kind)
  return {
    ciphers: `${DEFAULT_CIPHERS}:+${kind.startsWith('rsa') ? 'aRSA' : 'aECDSA'}`,
    sigalgs: [...others, kind].flatMap((each) => SIGNATURES[each] ?? []).join(':'),
  }
}
