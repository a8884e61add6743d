import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../../tools/checkLayers.mjs', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-layers-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Checks a tree of sources; answers the exit code and what is complained about. */
function check(sources: Readonly<Record<string, string>>): { code: number | null; violations: string[] } {
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' })
  return { code: status, violations: stderr.split('\n').filter((line) => line !== '') }
}

const TARGETS = {
  'util/a.ts': '',
  'errors.ts': '',
  'edges.ts': '',
  'hub/hub.ts': '',
  'hold/hold.ts': '',
  'proxy/p.ts': '',
  'origin/o.ts': '',
  'config/config.ts': '',
}

describe('the layers of src/', () => {
  it('may be imported downwards, by any form of import', () => {
    const { code, violations } = check({
      ...TARGETS,
      'hub/hub.ts': `import { a } from '../util/a.ts'\nimport type { b } from "../edges.ts"\nexport * from './other.ts'`,
      'hub/other.ts': `import '../errors.ts'`,
      'util/a.ts': `import { HoldfastError } from '../errors.ts'`,
      'origin/o.ts': `import { Pool } from 'undici'\nimport { x } from '../hub/hub.ts'\nimport net from 'node:net'`,
      'server.ts': `import { c } from './config/config.ts'\nimport { d } from './server/drain.ts'`,
      'server/drain.ts': `import { o } from '../origin/o.ts'\nimport { p } from '../proxy/p.ts'`,
      'cli.ts': `const { startServer } = await import('./server.ts')\nimport fs from 'node:fs'`,
      'grip/key.ts': `import { sign } from 'node:crypto'`,
    })
    expect(violations).toEqual([])
    expect(code).toBe(0)
  })

  it.each([
    ['upwards', 'hub/x.ts', `import { p } from '../proxy/p.ts'`, 'proxy is in layer 5, above hub in 3'],
    [
      'upwards by type',
      'grip/x.ts',
      `import type { E } from '../edges.ts'`,
      'edges is in layer 2, above grip in 1',
    ],
    ['upwards by re-export', 'hub/x.ts', `export { p } from '../proxy/p.ts'`, 'above hub'],
    ['upwards by dynamic import', 'hub/x.ts', `void import('../proxy/p.ts')`, 'above hub'],
    ['upwards over lines', 'hub/x.ts', `import {\n  p,\n} from\n  '../proxy/p.ts'`, 'above hub'],
    ['sideways', 'accept/x.ts', `import { o } from '../origin/o.ts'`, 'accept and origin share layer 6'],
    [
      'sideways to a file',
      'config/x.ts',
      `import { s } from '../server.ts'`,
      'config and server share layer 7',
    ],
    ['from an edge to a hold', 'accept/x.ts', `import { h } from '../hold/hold.ts'`, 'no higher than 3'],
    ['out of src', 'cli.ts', `import { x } from '../test/x.ts'`, 'outside src/'],
    [
      'a socket into the core',
      'hub/x.ts',
      `import { connect } from 'node:net'`,
      'without this module of Node',
    ],
    [
      'a file into the core',
      'proxy/x.ts',
      `import { readFile } from 'node:fs/promises'`,
      'without this module',
    ],
    ['a bare name of a module', 'route/x.ts', `import http from 'http'`, 'without this module of Node'],
    ['crypto beside grip', 'hub/x.ts', `import { sign } from 'node:crypto'`, 'without this module of Node'],
    ['a package away from home', 'server/x.ts', `import { Pool } from 'undici'`, 'its home is origin'],
    ['an unknown package', 'origin/x.ts', `import x from '@scope/left-pad/lib'`, 'no home for this package'],
    ['from an unknown folder', 'misc/x.ts', `import '../errors.ts'`, 'does not know misc'],
  ])('may not be imported %s', (_how, path, source, reason) => {
    const { code, violations } = check({ ...TARGETS, 'server.ts': '', [path]: source })
    expect(violations).toHaveLength(1)
    expect(violations[0]).toMatch(new RegExp(`^${path}: imports `))
    expect(violations[0]).toContain(reason)
    expect(code).toBe(1)
  })

  it('may not form a cycle, not even of types', () => {
    const { violations } = check({
      'hub/a.ts': `import type { B } from './b.ts'`,
      'hub/b.ts': `import type { C } from './c.ts'`,
      'hub/c.ts': `import type { A } from './a.ts'`,
    })
    expect(violations).toEqual(['import cycle: hub/a.ts -> hub/b.ts -> hub/c.ts -> hub/a.ts'])
  })

  it('are not crossed by comments or by calls that only look like imports', () => {
    const { violations } = check({
      ...TARGETS,
      'hub/x.ts': `/* import { p } from '../proxy/p.ts' */\n// import '../proxy/p.ts'\nconst b = Buffer.from('../proxy/p.ts')`,
    })
    expect(violations).toEqual([])
  })
})
