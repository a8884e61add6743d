import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Certificate, CertificateBook } from '../../../src/accept/tls/certificateBook.ts'
import {
  DEFAULT_CERTIFICATE,
  HOST_CERTIFICATE,
  RENEWED_CERTIFICATE,
  type TestCertificate,
  WILDCARD_CERTIFICATE,
} from '../../support/certificates.ts'
import { LinesLog } from '../../support/linesLog.ts'

let directory: string
let log: LinesLog
let book: CertificateBook

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certs-'))
  log = new LinesLog()
  book = new CertificateBook({ directory, fallback: undefined, log })
  write('default_443', DEFAULT_CERTIFICATE)
  write('a.example.test', HOST_CERTIFICATE)
  write('_.example.test', WILDCARD_CERTIFICATE)
})

afterEach(() => rmSync(directory, { recursive: true }))

function write(name: string, { cert, key }: TestCertificate): void {
  writeFileSync(join(directory, `${name}.crt`), cert)
  writeFileSync(join(directory, `${name}.key`), key)
}

/** Makes the files newer than any that were written in this test. */
function touch(name: string): void {
  const later = new Date(Date.now() + 10_000)
  for (const kind of ['crt', 'key']) utimesSync(join(directory, `${name}.${kind}`), later, later)
}

function fingerprint(certificate: Certificate | undefined): string | undefined {
  return certificate && new X509Certificate(certificate.cert).fingerprint256
}

const printOf = ({ cert }: TestCertificate): string => new X509Certificate(cert).fingerprint256

test.each([
  ['its own name', 'a.example.test', HOST_CERTIFICATE],
  ['its own name in capitals', 'A.Example.TEST', HOST_CERTIFICATE],
  ['a name that only the wildcard covers', 'b.example.test', WILDCARD_CERTIFICATE],
  ['a name two levels below a wildcard', 'c.b.example.test', DEFAULT_CERTIFICATE],
  ['a name that no file is for', 'other.test', DEFAULT_CERTIFICATE],
  ['a name that is a path', '../certs/a.example.test', DEFAULT_CERTIFICATE],
  ['a name with a NUL', 'a.example.test\0', DEFAULT_CERTIFICATE],
  ['a name longer than the DNS allows', `${'a'.repeat(254)}`, DEFAULT_CERTIFICATE],
  ['the empty name', '', DEFAULT_CERTIFICATE],
])('a client that asks for %s is shown the right certificate', (_case, host, expected) => {
  expect(fingerprint(book.find(host, 443))).toBe(printOf(expected))
})

test('a port without a default certificate has none for unknown names', () => {
  expect(book.find('other.test', 8443)).toBeUndefined()
  expect(book.default(8443)).toBeUndefined()
})

test('the pair named in the configuration serves every name that no file is for', () => {
  const fallback = { cert: join(directory, 'a.example.test.crt'), key: join(directory, 'a.example.test.key') }
  const named = new CertificateBook({ directory: undefined, fallback, log })
  expect(fingerprint(named.find('other.test', 8443))).toBe(printOf(HOST_CERTIFICATE))
})

test('a certificate that is renewed on disk is shown from the next handshake on', () => {
  expect(fingerprint(book.default(443))).toBe(printOf(DEFAULT_CERTIFICATE))
  write('default_443', RENEWED_CERTIFICATE)
  touch('default_443')
  expect(fingerprint(book.default(443))).toBe(printOf(RENEWED_CERTIFICATE))
})

test('a certificate that becomes unusable leaves the last good one in force and is complained of once', () => {
  book.default(443)
  writeFileSync(join(directory, 'default_443.crt'), 'not a certificate')
  touch('default_443')
  for (let i = 0; i < 3; i++) expect(fingerprint(book.default(443))).toBe(printOf(DEFAULT_CERTIFICATE))
  expect(log.lines.filter((line) => line.includes('default_443.crt'))).toHaveLength(1)
})

test('a certificate whose key belongs to another is refused with both file names', () => {
  writeFileSync(join(directory, 'a.example.test.key'), DEFAULT_CERTIFICATE.key)
  expect(fingerprint(book.find('a.example.test', 443))).toBe(printOf(WILDCARD_CERTIFICATE))
  expect(log.lines.join('\n')).toMatch(
    /cannot use certificate .*a\.example\.test\.crt with key .*a\.example\.test\.key/,
  )
})

test('a certificate that is deleted stays in force', () => {
  book.default(443)
  unlinkSync(join(directory, 'default_443.crt'))
  expect(fingerprint(book.default(443))).toBe(printOf(DEFAULT_CERTIFICATE))
})
