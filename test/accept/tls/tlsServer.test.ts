import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CertificateBook } from '../../../src/accept/tls/certificateBook.ts'
import { createTlsServer } from '../../../src/accept/tls/tlsServer.ts'
import {
  DEFAULT_CERTIFICATE,
  HOST_CERTIFICATE,
  RSA_CERTIFICATE,
  type TestCertificate,
} from '../../support/certificates.ts'
import { LinesLog } from '../../support/linesLog.ts'

let directory: string
let server: Server

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'certs-'))
  const certificates = new CertificateBook({ directory, fallback: undefined, log: new LinesLog() })
  server = createTlsServer({}, { certificates, onHttp2: undefined, onHttp1: () => {} })
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

const port = (): number => (server.address() as AddressInfo).port

function write(name: string, { cert, key }: TestCertificate): void {
  writeFileSync(join(directory, `${name}.crt`), cert)
  writeFileSync(join(directory, `${name}.key`), key)
}

/** The name in the certificate that a client of the version is shown that asks for the host, or for none. */
async function shownTo(host: string | undefined, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  const name = host === undefined ? {} : { servername: host }
  const bounds = { minVersion: version, maxVersion: version }
  const socket = connect({ host: '127.0.0.1', port: port(), rejectUnauthorized: false, ...bounds, ...name })
  await once(socket, 'secureConnect')
  const certificate: PeerCertificate = socket.getPeerCertificate()
  socket.destroy()
  return certificate.subjectaltname?.split(', ')[0] ?? ''
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a client of %s is shown', (version) => {
  it('the RSA certificate of the name it asks for, where that of the port is on a curve', async () => {
    write(`default_${port()}`, DEFAULT_CERTIFICATE)
    write('rsa.example.test', RSA_CERTIFICATE)
    expect(await shownTo('rsa.example.test', version)).toBe('DNS:rsa.example.test')
    expect(await shownTo('other.test', version)).toBe('DNS:default.test')
    expect(await shownTo(undefined, version)).toBe('DNS:default.test')
  })

  it('the certificate on a curve of the name it asks for, where that of the port is for RSA', async () => {
    write(`default_${port()}`, RSA_CERTIFICATE)
    write('a.example.test', HOST_CERTIFICATE)
    expect(await shownTo('a.example.test', version)).toBe('DNS:a.example.test')
    expect(await shownTo(undefined, version)).toBe('DNS:rsa.example.test')
  })

  it('the certificate of its name also after that of the port is renewed with a key of another kind', async () => {
    write(`default_${port()}`, DEFAULT_CERTIFICATE)
    write('a.example.test', HOST_CERTIFICATE)
    expect(await shownTo(undefined, version)).toBe('DNS:default.test')
    write(`default_${port()}`, RSA_CERTIFICATE)
    expect(await shownTo('a.example.test', version)).toBe('DNS:a.example.test')
    expect(await shownTo(undefined, version)).toBe('DNS:rsa.example.test')
  })
})
