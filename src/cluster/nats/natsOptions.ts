/** How to reach the NATS servers. */
export interface NatsOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`. */
  readonly servers: readonly string[]
  readonly user: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
  /** Paths of files. */
  readonly credsFile: string | undefined
  readonly nkeyFile: string | undefined
  readonly tlsCaFile: string | undefined
  readonly tlsCertFile: string | undefined
  readonly tlsKeyFile: string | undefined
}

/** How items are kept by JetStream. */
export interface StreamOptions {
  readonly name: string
  readonly replicas: number
  /** How long an item is kept. */
  readonly ttlMs: number
  /** Items kept of each channel. */
  readonly maxItems: number
  /** Bytes kept of all channels. */
  readonly maxBytes: number
}
