import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIni } from '../../src/config/ini.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { HoldfastError } from '../../src/errors.ts'

/** Pieces from which most corners of the grammar can be put together. */
const PIECES = [
  ...[
    '[',
    ']',
    '=',
    ';',
    '#',
    '"',
    '\\',
    ',',
    '\n',
    '\r',
    '\r\n',
    ' ',
    '\t',
    '\0',
    '\uFEFF',
    'é',
    'a',
    '0',
    '-1',
  ],
  ...[
    '[runner]\n',
    '[proxy]\n',
    '[handler]\n',
    '[global]\n',
    'http_port=',
    'sig_key=',
    'log_level=',
    'include=',
  ],
  ...[
    '{rundir}',
    '{libdir}',
    'base64:',
    'file:',
    'x_forwarded_for=',
    'truncate:',
    'origin_timeout=',
    '\\x',
    '\\101',
  ],
]
const wildText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
)

/** How a careful author would write any text as a value. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')
  return `"${escaped}"`
}

describe('INI text', () => {
  it('whatever it is, it is read, and what is reported stands on a line that it has', () => {
    fc.assert(
      fc.property(wildText, (text) => {
        const { entries, faults } = parseIni(text)
        const lineCount = text.split(/\r\n|\r|\n/).length
        for (const { line } of [...entries, ...faults]) expect(line >= 1 && line <= lineCount).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('a value that is quoted and escaped comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { entries, faults } = parseIni(`[s]\nkey = ${quoted(text)} ; comment\nnext=1`)
        expect(faults).toEqual([])
        expect(entries.map((entry) => entry.text)).toEqual([text, '1'])
        expect(entries[0]?.items).toEqual(text === '' ? [] : [text])
      }),
      { numRuns: 2000 },
    )
  })

  it('whatever a configuration file says, it is loaded or refused with a code', () => {
    fc.assert(
      fc.property(wildText, (text) => {
        const readFile = (path: string): string => {
          if (path === '/h.conf') return text
          throw Object.assign(new Error('no'), { code: 'ENOENT' })
        }
        const attempt = (): unknown => loadConfig({ argv: ['--config=/h.conf'], env: {}, cwd: '/', readFile })
        expect(isLoadedOrCoded(attempt)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('whatever a command line says, it is taken or refused with a code', () => {
    const argument = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '--config',
        '--port=',
        '--route',
        '--',
        '-',
        '-hvm',
        '--id',
        '--loglevel=1',
        '--no-config',
        '--help=x',
      ),
    )
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (argv) => {
        const readFile = (): string => {
          throw Object.assign(new Error('no'), { code: 'ENOENT' })
        }
        expect(isLoadedOrCoded(() => loadConfig({ argv, env: {}, cwd: '/', readFile }))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

function isLoadedOrCoded(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch (error) {
    return error instanceof HoldfastError && error.code === 'CONFIG_INVALID'
  }
}
