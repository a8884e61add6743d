import type { GripKey } from '../../grip/keys.ts'
import { tokenKey } from '../keyType.ts'
import { option } from '../option.ts'
import { boolean, permission, secretOf, text } from '../valueTypes.ts'

/** `[control]`: who may use the control API. */
export const controlOptions = {
  authKey: option<GripKey | undefined>({
    key: 'auth_key',
    type: tokenKey,
    default: undefined,
    env: 'HOLDFAST_AUTH_KEY',
    about:
      'What callers must know: the key itself, or how to sign tokens with it; a public key verifies tokens only.',
  }),
  authIss: option({
    key: 'auth_iss',
    type: text,
    default: '',
    env: 'HOLDFAST_AUTH_ISS',
    about: 'The issuer that tokens must name; none: any.',
  }),
  authBasic: option<string | undefined>({
    key: 'auth_basic',
    type: secretOf('USER:PASSWORD', /^[^:]+:./),
    default: undefined,
    env: 'HOLDFAST_AUTH_BASIC',
    about: 'User and password that callers may show instead, by Basic.',
  }),
  allowOpen: option({
    key: 'allow_open',
    type: permission,
    default: false,
    env: 'HOLDFAST_ALLOW_OPEN',
    about: 'Whether the control API may be open to other machines without key and password.',
  }),
  dashboard: option({
    key: 'dashboard',
    type: boolean,
    default: true,
    env: 'HOLDFAST_DASHBOARD',
    about: 'Whether the control port serves the dashboard, at `/dashboard/`.',
  }),
}
