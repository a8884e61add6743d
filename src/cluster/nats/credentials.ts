import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Authenticator, TlsOptions } from '@nats-io/transport-node'
import { HoldfastError } from '../../errors.ts'
import type { Nats } from './loadNats.ts'
import type { NatsOptions } from './natsOptions.ts'

/** What servers send to be signed; any text shows whether a seed can sign. */
const NONCE = 'holdfast'
/** NKeys: the public key of a user begins with it. */
const USER_KEY_PREFIX = 'U'

/** Reads what the client shows to be let in; undefined where nothing is configured. Throws NATS_UNAVAILABLE with the setting. */
export function readAuthenticator(nats: Nats, options: NatsOptions): Authenticator | undefined {
  const { user, password, token, credsFile, nkeyFile } = options
  if (user !== undefined) return nats.usernamePasswordAuthenticator(user, password)
  if (token !== undefined) return nats.tokenAuthenticator(token)
  if (credsFile !== undefined) {
    const content = Buffer.from(readText('nats_creds', credsFile))
    return tried(nats.credsAuthenticator(content), {
      key: 'nats_creds',
      fault: `${credsFile} has no JWT and seed of a user, as nsc writes them`,
    })
  }
  if (nkeyFile !== undefined) {
    const seed = Buffer.from(readText('nats_nkey', nkeyFile).trim())
    return tried(nats.nkeyAuthenticator(seed), {
      key: 'nats_nkey',
      fault: `${nkeyFile} has no seed of a user, which begins with SU`,
    })
  }
  return undefined
}

/** Tells whether servers must speak TLS; those that ask for it get it in any case. */
export function asksForTls({ servers, tlsCaFile, tlsCertFile }: NatsOptions): boolean {
  const isNamed = servers.some((server) => server.startsWith('tls:'))
  return isNamed || tlsCaFile !== undefined || tlsCertFile !== undefined
}

/** Reads certificates and key; undefined where no TLS is asked for. Throws NATS_UNAVAILABLE with the setting. */
export function readTls(options: NatsOptions): TlsOptions | undefined {
  const { tlsCaFile, tlsCertFile, tlsKeyFile } = options
  if (!asksForTls(options)) return undefined
  return {
    ...(tlsCaFile === undefined ? {} : { ca: readCertificate('nats_tls_ca', tlsCaFile) }),
    ...(tlsCertFile === undefined || tlsKeyFile === undefined ? {} : readPair(tlsCertFile, tlsKeyFile)),
  }
}

function readPair(certFile: string, keyFile: string): TlsOptions {
  const cert = readCertificate('nats_tls_cert', certFile)
  const key = readText('nats_tls_key', keyFile)
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    const text = `${keyFile} is not the key of nats_tls_cert: ${(cause as Error).message}`
    throw unusable('nats_tls_key', text, cause)
  }
  return { cert, key }
}

function readCertificate(setting: string, path: string): string {
  const text = readText(setting, path)
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw unusable(setting, `${path} is no certificate in PEM form: ${(cause as Error).message}`, cause)
  }
  return text
}

/** What is wrong with a seed comes out now, and not with each attempt to connect. What it says may have the seed in it. */
function tried(
  authenticator: Authenticator,
  { key, fault }: { readonly key: string; readonly fault: string },
): Authenticator {
  let shown: ReturnType<Authenticator>
  try {
    shown = authenticator(NONCE)
  } catch {
    throw unusable(key, fault)
  }
  const isUser = typeof shown === 'object' && 'nkey' in shown && shown.nkey.startsWith(USER_KEY_PREFIX)
  if (!isUser) throw unusable(key, fault)
  return authenticator
}

function readText(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unusable(setting, (cause as Error).message, cause)
  }
}

function unusable(setting: string, fault: string, cause?: unknown): HoldfastError {
  return new HoldfastError(
    'NATS_UNAVAILABLE',
    `${setting}: ${fault}`,
    cause === undefined ? undefined : { cause },
  )
}
