import { asksForTls } from './credentials.ts'
import type { NatsOptions } from './natsOptions.ts'

/** Faults of the client's own making, by the names of their classes. */
const REFUSED_NAMES: ReadonlySet<string> = new Set(['AuthorizationError', 'UserAuthenticationExpiredError'])
/** Codes of OpenSSL for a chain that ends at nobody who is trusted. */
const UNTRUSTED_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const NO_TLS = "server does not support 'tls'"
/** Of TLS 1.3, a server says only after the handshake what it thinks of the client's certificate, and the client does not tell. */
const NO_ANSWER = 'timeout'

/** Says why a server could not be connected to, with the setting that is to be looked at where one is. */
export function describeConnectFault(error: Error, options: NatsOptions): string {
  const { message, name } = error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (REFUSED_NAMES.has(name)) return `${credentialsFault(options)}: ${message}`
  if (UNTRUSTED_CODES.has(code)) return `${authorityFault(options)}: ${message}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `nats_servers: the server's certificate is for another host: ${message}`
  }
  if (message === NO_ANSWER && asksForTls(options)) return certificateFault(options)
  if (message === NO_TLS) {
    return 'nats_servers: the server has no TLS, which tls://, nats_tls_ca or nats_tls_cert ask for'
  }
  return message
}

function credentialsFault({ user, token, credsFile, nkeyFile }: NatsOptions): string {
  if (user !== undefined) return 'nats_user and nats_password: the server refuses them'
  if (token !== undefined) return 'nats_token: the server refuses it'
  if (credsFile !== undefined) return 'nats_creds: the server refuses them'
  if (nkeyFile !== undefined) return 'nats_nkey: the server refuses it'
  return 'the server asks for nats_user and nats_password, nats_token, nats_creds or nats_nkey'
}

function authorityFault({ tlsCaFile }: NatsOptions): string {
  return tlsCaFile === undefined
    ? "nats_tls_ca is missing: nobody whom this machine trusts has signed the server's certificate"
    : "nats_tls_ca: it has not signed the server's certificate"
}

function certificateFault({ tlsCertFile }: NatsOptions): string {
  return tlsCertFile === undefined
    ? 'the server does not answer; it may ask for nats_tls_cert and nats_tls_key, which are missing'
    : 'the server does not answer; it may refuse nats_tls_cert'
}
