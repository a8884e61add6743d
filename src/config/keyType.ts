import { resolve } from 'node:path'
import { HoldfastError } from '../errors.ts'
import { type GripKey, parseKey } from '../grip/keys.ts'
import { isExampleKey, MISTAKES } from '../util/mistakes.ts'
import type { ValueContext, ValueType } from './option.ts'

const FORM = 'text, `base64:…` or `file:PATH`'

/** RFC 7518 §3.3: with less, RS256 is not to be used. */
const MIN_RSA_BITS = 2048

/** Takes a key that verifies; empty text is none. */
export const verifyingKey: ValueType<GripKey | undefined> = {
  form: FORM,
  doubt,
  parse: ({ text }, context) => parseKey(text, keyFileReader(context)),
}

/** Takes a key that verifies callers' tokens; empty text is none. */
export const tokenKey: ValueType<GripKey | undefined> = {
  form: FORM,
  doubt,
  parse(value, context) {
    const key = verifyingKey.parse(value, context)
    const bits = key?.verifyKey.asymmetricKeyDetails?.modulusLength
    if (bits !== undefined && bits < MIN_RSA_BITS)
      throw new HoldfastError(
        'KEY_INVALID',
        `an RSA key must have ${MIN_RSA_BITS} bits or more, this one has ${bits}`,
      )
    return key
  },
}

/** Takes a key that signs; empty text is none. */
export const signingKey: ValueType<GripKey | undefined> = {
  form: FORM,
  doubt,
  parse({ text }, context) {
    const key = parseKey(text, keyFileReader(context))
    if (key !== undefined && key.signKey === undefined) {
      throw new HoldfastError('KEY_INVALID', 'a public key cannot sign')
    }
    return key
  },
}

function doubt({ text }: { readonly text: string }): string | undefined {
  return isExampleKey(text) ? MISTAKES.defaultKey : undefined
}

function keyFileReader({ directory, readFile }: ValueContext): (path: string) => Buffer {
  return (path) => Buffer.from(readFile(resolve(directory, path)))
}
