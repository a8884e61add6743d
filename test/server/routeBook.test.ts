import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseKey } from '../../src/grip/keys.ts'
import { verifyGripSig } from '../../src/grip/signature.ts'
import { targetName } from '../../src/route/target.ts'
import { RouteBook } from '../../src/server/routeBook.ts'
import { fileRoutes } from '../../src/server/routeSource.ts'
import { LinesLog } from '../support/linesLog.ts'

const NOW_SECONDS = 1_700_000_000

let directory: string
let log: LinesLog

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'book-'))
  log = new LinesLog()
})

afterEach(() => rmSync(directory, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

function keyOf(text: string) {
  return parseKey(text, () => Buffer.alloc(0))!
}

/** A book of the routes file with these lines. */
function createBook(lines: string, sigKey?: string): RouteBook {
  const source = fileRoutes(write('routes', lines), log)
  const book = new RouteBook({
    source,
    sigIss: 'pushpin',
    sigKey: sigKey === undefined ? undefined : keyOf(sigKey),
    log,
  })
  book.load()
  return book
}

function routeFor(book: RouteBook, path = '/') {
  return book.table.match({ host: 'h', path, protocol: 'http', secure: false })?.route
}

/** Whether requests of the route are signed with the key. */
function isSignedWith(book: RouteBook, key: string, path = '/'): boolean {
  const signer = book.signerFor(routeFor(book, path)!)
  return signer !== undefined && verifyGripSig(signer.sign(NOW_SECONDS), keyOf(key), NOW_SECONDS)
}

describe('the routes in force', () => {
  it('are none before they are loaded', () => {
    const source = fileRoutes(write('routes', '* a:1\n'), log)
    const book = new RouteBook({ source, sigIss: '', sigKey: undefined, log })
    expect(routeFor(book)).toBeUndefined()
    book.load()
    expect(routeFor(book)?.targets[0]).toMatchObject({ host: 'a', port: 1 })
    expect(log.lines).toEqual(['info routes loaded with 1 entries'])
  })

  it('change as a whole with each load, and stay where the file cannot be read', () => {
    const book = createBook('*,id=a a:1\n')
    const before = book.table
    write('routes', '*,id=b b:1\n*,id=c,path_beg=/c c:1\n')
    expect(routeFor(book)?.id).toBe('a')
    book.load()
    expect(routeFor(book, '/c')?.id).toBe('c')
    expect(before.routes.map(({ id }) => id)).toEqual(['a'])
    unlinkSync(join(directory, 'routes'))
    book.load()
    expect(routeFor(book, '/c')?.id).toBe('c')
  })

  it('are none when the file has become empty', () => {
    const book = createBook('* a:1\n')
    write('routes', '')
    book.load()
    expect(routeFor(book)).toBeUndefined()
    expect(log.lines).toContain(`warn no routes in ${join(directory, 'routes')}: every request gets 502`)
  })
})

describe('the signer of a route', () => {
  it('is that of all routes unless it has its own key', () => {
    const book = createBook('* a:1\n*,path_beg=/own,sig_key=own,sig_iss=me a:1\n', 'all')
    expect([isSignedWith(book, 'all'), isSignedWith(book, 'own')]).toEqual([true, false])
    expect([isSignedWith(book, 'all', '/own'), isSignedWith(book, 'own', '/own')]).toEqual([false, true])
  })

  it('is none without any key', () => {
    const book = createBook('* a:1\n')
    expect(book.signerFor(routeFor(book)!)).toBeUndefined()
  })

  it('has the key of the file that the route names, beside the routes file', () => {
    write('key', Buffer.from('from the file').toString('hex'))
    const book = createBook('*,sig_key=file:key a:1\n')
    expect(isSignedWith(book, 'from the file')).toBe(true)
    write('key', Buffer.from('a new one').toString('hex'))
    book.load()
    expect(isSignedWith(book, 'a new one')).toBe(true)
  })

  it('of a route before a reload stays, for the holds that it has made', () => {
    const book = createBook('* a:1\n', 'all')
    const before = routeFor(book)!
    book.load()
    expect(routeFor(book)).not.toBe(before)
    expect(book.signerFor(before)).toBeDefined()
    expect(book.signerFor(routeFor(book)!)).toBeDefined()
  })
})

describe('a target behind a unix socket', () => {
  it('has its path beside the routes file, unless that is absolute', () => {
    const book = createBook('* unix:app.sock unix:/run/app.sock unix:///run//app.sock\n')
    expect(routeFor(book)?.targets.map(targetName)).toEqual([
      `unix:${join(directory, 'app.sock')}`,
      'unix:/run/app.sock',
      'unix:/run/app.sock',
    ])
  })

  it('whose path has no room in an address is left out and named', () => {
    const book = createBook(`* a:1\n*,path_beg=/x unix:/${'x'.repeat(107)}\n`)
    expect(book.table.routes.length).toBe(1)
    expect(log.lines.find((text) => text.startsWith('warn'))).toMatch(
      /routes:2: path of a unix socket above 10[37] bytes: '\/x{107}' \(line skipped\)$/,
    )
  })
})

describe('a route whose files cannot be read', () => {
  it.each([
    ['key', '*,id=broken,path_beg=/x,sig_key=file:missing a:1'],
    ['certificate', '*,id=broken,path_beg=/x a:1,ssl,client_cert=missing,client_key=missing'],
  ])('(%s) is left out and named; the others serve', (_, line) => {
    const book = createBook(`* a:1\n${line}\n`)
    expect(book.table.routes.length).toBe(1)
    expect(routeFor(book, '/x')?.id).not.toBe('broken')
    const warning = log.lines.find((text) => text.startsWith('warn'))
    const place = `${join(directory, 'routes')}:2: `
    expect(warning).toMatch(new RegExp(`^warn ${place}.*missing.* \\(line skipped\\)$`))
  })

  it('comes back with the next load', () => {
    const book = createBook('*,id=back a:1,ssl,client_cert=cert.pem,client_key=key.pem\n')
    expect(routeFor(book)).toBeUndefined()
    write('cert.pem', 'the certificate')
    write('key.pem', 'the key')
    book.load()
    expect(routeFor(book)?.targets[0]).toMatchObject({ clientCert: 'the certificate', clientKey: 'the key' })
  })
})
