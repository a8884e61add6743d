import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { DEFAULT_CERTIFICATE, HOST_CERTIFICATE, RENEWED_CERTIFICATE } from '../../support/certificates.ts'

type KeyPair = ReturnType<typeof nkeys.createUser>

const text = (seed: Uint8Array) => Buffer.from(seed).toString()

/** What is not in a JWT is 0, and nothing may be sent. */
const NO_LIMITS = { subs: -1, data: -1, payload: -1 }

/** Files that servers and nodes of a test are configured with. */
export class SecretFiles {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nats-secrets-'))
  readonly user = nkeys.createUser()
  readonly stranger = nkeys.createUser()
  readonly #operator = nkeys.createOperator()
  readonly #account = nkeys.createAccount()
  readonly #systemAccount = nkeys.createAccount()

  /** Writes a file; answers its path. */
  write(name: string, content: string): string {
    const path = join(this.#directory, name)
    writeFileSync(path, content)
    return path
  }

  /** The seed of a key pair, as `nk` writes it. */
  seed(pair: KeyPair): string {
    return this.write(`${pair.getPublicKey()}.nk`, `${text(pair.getSeed())}\n`)
  }

  /** The seed of an account, which is no user's. */
  accountSeed(): string {
    return this.seed(this.#account)
  }

  /** Credentials as `nsc` writes them: a JWT that the account signs, and the seed of its user. */
  creds(pair: KeyPair, expires?: number): string {
    const claims = { sub: pair.getPublicKey(), name: 'node', ...(expires && { exp: expires }) }
    const token = jwt(this.#account, { ...claims, nats: { type: 'user', version: 2, ...NO_LIMITS } })
    const lines = [
      '-----BEGIN NATS USER JWT-----',
      token,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      text(pair.getSeed()),
      '------END USER NKEY SEED------',
      '',
    ]
    return this.write(`${pair.getPublicKey()}.creds`, lines.join('\n'))
  }

  /** A server's configuration that trusts those whom the account's key has signed. */
  operatorConf(): string {
    const operator = this.#operator.getPublicKey()
    const limits = {
      subs: -1,
      data: -1,
      payload: -1,
      conn: -1,
      leaf: -1,
      imports: -1,
      exports: -1,
      wildcards: true,
    }
    const operatorJwt = jwt(this.#operator, {
      sub: operator,
      name: 'o',
      nats: { type: 'operator', version: 2 },
    })
    const accounts = [this.#account, this.#systemAccount].map((pair) => {
      const sub = pair.getPublicKey()
      return `${sub}: ${jwt(this.#operator, { sub, name: 'a', nats: { type: 'account', version: 2, limits } })}`
    })
    const lines = [
      `operator: ${operatorJwt}`,
      `system_account: ${this.#systemAccount.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload: { ${accounts.join(', ')} }`,
      '',
    ]
    return this.write('operator.conf', lines.join('\n'))
  }

  /** A server's configuration that knows the user's public key. */
  nkeyConf(): string {
    return this.write('nkey.conf', `authorization { users: [ { nkey: ${this.user.getPublicKey()} } ] }\n`)
  }

  /** Arguments of a server that speaks TLS. */
  tlsArgs(): readonly string[] {
    const { cert, key } = DEFAULT_CERTIFICATE
    return ['--tls', '--tlscert', this.write('server.pem', cert), '--tlskey', this.write('server.key', key)]
  }

  /** The same, of one that asks for a client's certificate. */
  mutualTlsArgs(): readonly string[] {
    return [...this.tlsArgs(), '--tlsverify', '--tlscacert', this.write('clients.pem', HOST_CERTIFICATE.cert)]
  }

  get tlsCaFile(): string {
    return this.write('ca.pem', DEFAULT_CERTIFICATE.cert)
  }

  get otherCaFile(): string {
    return this.write('other-ca.pem', RENEWED_CERTIFICATE.cert)
  }

  get clientPair(): { readonly tlsCertFile: string; readonly tlsKeyFile: string } {
    const { cert, key } = HOST_CERTIFICATE
    return { tlsCertFile: this.write('client.pem', cert), tlsKeyFile: this.write('client.key', key) }
  }

  get otherPair(): { readonly tlsCertFile: string; readonly tlsKeyFile: string } {
    const { cert, key } = RENEWED_CERTIFICATE
    return { tlsCertFile: this.write('other.pem', cert), tlsKeyFile: this.write('other.key', key) }
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const base64 = (value: object | Uint8Array) =>
  Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)).toString('base64url')

/** Signs claims with a key of NATS. Its JWTs are those of RFC 7519 with an algorithm of its own. */
function jwt(issuer: KeyPair, claims: object): string {
  const body = { iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), ...claims }
  const signed = `${base64({ typ: 'JWT', alg: 'ed25519-nkey' })}.${base64(body)}`
  return `${signed}.${base64(issuer.sign(Buffer.from(signed)))}`
}
