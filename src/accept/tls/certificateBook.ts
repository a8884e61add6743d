import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Log } from '../../edges/log.ts'

/** Where a certificate is and its key: PEM files, the chain after the certificate, the key without a passphrase. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** Where certificates are, and where is told of those that are of no use. */
export interface CertificateBookOptions {
  /** Holds NAME.crt and NAME.key for each host; undefined where nobody has such a folder. */
  readonly directory: string | undefined
  /** The pair for clients that no file in the folder is for. */
  readonly fallback: CertificateFiles | undefined
  readonly log: Log
}

/** The longest name that the DNS has; a client that asks for more asks for a file that cannot be. RFC 1035 §2.3.4. */
const MAX_NAME_LENGTH = 253
/** Names that clients ask for in vain are not remembered, so that the book stays as large as the folder. */
const FILE_NAME = /^[a-z0-9._-]+$/
/** Stands for the modification times of files that cannot be looked at. */
const UNREADABLE = ''

/** A certificate that can be shown. */
export interface Certificate {
  readonly context: SecureContext
  readonly cert: Buffer
  readonly key: Buffer
  /** Modification times of both files, in milliseconds, when they were read. */
  readonly version: string
}

/**
 * Finds the certificate for a handshake. Pairs are read on first use and again when a file has changed, without a signal;
 * one that cannot be used leaves the pair before it in force. Pushpin: operations.md §7.5.
 */
export class CertificateBook {
  readonly #options: CertificateBookOptions
  readonly #entries = new Map<string, Certificate>()
  /** Versions of pairs that could not be used, so that each is complained of once. */
  readonly #refused = new Map<string, string>()

  constructor(options: CertificateBookOptions) {
    this.#options = options
  }

  /**
   * Returns what serves clients that ask for the host: the files of its name, those of its wildcard (`a.example.org` has
   * `_.example.org`), or else those of the listener's port; undefined when there are none.
   */
  find(host: string, port: number): Certificate | undefined {
    const name = host.toLowerCase()
    if (name.length > MAX_NAME_LENGTH || !FILE_NAME.test(name) || name.startsWith('.'))
      return this.default(port)
    return this.#named(name) ?? this.#named(wildcardOf(name)) ?? this.default(port)
  }

  /** Returns what serves clients that ask for no host in particular. */
  default(port: number): Certificate | undefined {
    const { fallback } = this.#options
    return this.#named(`default_${port}`) ?? (fallback === undefined ? undefined : this.#current(fallback))
  }

  #named(name: string): Certificate | undefined {
    const { directory } = this.#options
    if (directory === undefined) return undefined
    return this.#current({ cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) })
  }

  #current(files: CertificateFiles): Certificate | undefined {
    const known = this.#entries.get(files.cert)
    const version = this.#versionOf(files)
    if (version === undefined || version === known?.version) return known
    return this.#read(files, version) ?? known
  }

  /** Undefined when one of the files is not there, or cannot be looked at. */
  #versionOf(files: CertificateFiles): string | undefined {
    try {
      const cert = statSync(files.cert, { throwIfNoEntry: false })
      const key = cert && statSync(files.key, { throwIfNoEntry: false })
      return key && `${cert.mtimeMs} ${key.mtimeMs}`
    } catch (error) {
      this.#complain(files, { error, version: UNREADABLE })
      return undefined
    }
  }

  #read(files: CertificateFiles, version: string): Certificate | undefined {
    if (this.#refused.get(files.cert) === version) return undefined
    try {
      const [cert, key] = [readFileSync(files.cert), readFileSync(files.key)]
      const certificate = { context: createSecureContext({ cert, key }), cert, key, version }
      this.#entries.set(files.cert, certificate)
      return certificate
    } catch (error) {
      this.#complain(files, { error, version })
      return undefined
    }
  }

  /** Once for each state of the files: a handshake is what asks, and anybody can begin one. */
  #complain(files: CertificateFiles, { error, version }: { error: unknown; version: string }): void {
    if (this.#refused.get(files.cert) === version) return
    this.#refused.set(files.cert, version)
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.log.error(`cannot use certificate ${files.cert} with key ${files.key}: ${reason}`)
  }
}

function wildcardOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? '_' : `_${name.slice(dot)}`
}
