import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const project = fileURLToPath(new URL('../..', import.meta.url))
const CLI = `export async function main(argv: readonly string[]): Promise<void> {
  console.log(['TEXT', ...argv].join(' '))
}
`

let checkout: string

/** A checkout of a program as small as can be, with the real tools and launcher. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'holdfast-checkout-'))
  for (const path of [
    'tools',
    'bin',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    cpSync(join(project, path), join(checkout, path), { recursive: true })
  }
  symlinkSync(join(project, 'node_modules'), join(checkout, 'node_modules'), 'junction')
  mkdirSync(join(checkout, 'src'))
  mkdirSync(join(checkout, 'programs'))
  writeFileSync(join(checkout, 'programs', 'npm'), '#!/bin/sh\necho "npm $*"\nexit 1\n', { mode: 0o755 })
  writeSource('first')
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

function writeSource(text: string): void {
  writeFileSync(join(checkout, 'src', 'cli.ts'), CLI.replace('TEXT', text))
}

function launch(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  // An npm that installs nothing: a real one would empty the node_modules that the checkout only borrows.
  const env = { ...process.env, PATH: `${join(checkout, 'programs')}${delimiter}${process.env['PATH']}` }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: tmpdir(),
    encoding: 'utf8',
    env,
  })
  return { code: status, stdout, stderr }
}

function holdfast(...args: string[]) {
  return launch(join(checkout, 'bin', 'holdfast.mjs'), ...args)
}

function builtAt(): number {
  return statSync(join(checkout, 'dist', 'cli.js')).mtimeMs
}

describe('the launcher in a checkout', () => {
  it('builds first, says so on stderr only, and hands the arguments over', () => {
    expect(holdfast('--a', 'b')).toEqual({ code: 0, stdout: 'first --a b\n', stderr: 'holdfast: building\n' })
  })

  it('builds again only after a source has changed', () => {
    holdfast()
    const firstBuild = builtAt()
    expect(holdfast()).toMatchObject({ stdout: 'first\n', stderr: '' })
    expect(builtAt()).toBe(firstBuild)
    writeSource('second')
    expect(holdfast()).toMatchObject({ stdout: 'second\n', stderr: 'holdfast: building\n' })
  })

  it('builds again after a source has gone', () => {
    writeFileSync(join(checkout, 'src', 'other.ts'), 'export const other = 1\n')
    holdfast()
    rmSync(join(checkout, 'src', 'other.ts'))
    expect(holdfast().stderr).toBe('holdfast: building\n')
    expect(() => readFileSync(join(checkout, 'dist', 'other.js'))).toThrow('ENOENT')
  })

  it('names what does not compile, ends with 1 and leaves the last build alone', () => {
    holdfast()
    const firstBuild = builtAt()
    writeFileSync(join(checkout, 'src', 'cli.ts'), 'export const main: number = "text"\n')
    const { code, stdout, stderr } = holdfast()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('src/cli.ts(1,14)')
    expect(stderr).toMatch(/holdfast: the sources do not compile\n$/)
    expect(builtAt()).toBe(firstBuild)
  })

  it('installs first what is missing, and ends with 1 when that fails', () => {
    rmSync(join(checkout, 'node_modules'))
    const { code, stdout, stderr } = holdfast()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^holdfast: installing dependencies\nnpm install .*\nholdfast: npm install failed; see above\n$/,
    )
  })

  it('installs again when the lock file asks for something else', () => {
    const file = join(checkout, 'package-lock.json')
    const lock = JSON.parse(readFileSync(file, 'utf8'))
    lock.packages['node_modules/pino'].version = '0.0.0'
    writeFileSync(file, JSON.stringify(lock))
    expect(holdfast().stderr).toMatch(/^holdfast: installing dependencies\n/)
  })

  it('does not install again because a copied lock file looks newer', () => {
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(checkout, 'package-lock.json'), later, later)
    expect(holdfast().stderr).toBe('holdfast: building\n')
  })

  it('says what to do about a package that npm left half installed', () => {
    const importing = `import 'a-package-that-is-missing'\n${CLI}`
    writeFileSync(join(checkout, 'src', 'cli.ts'), `// @ts-ignore: it is missing indeed\n${importing}`)
    const { code, stderr } = holdfast()
    expect(code).toBe(1)
    expect(stderr).toMatch(/'a-package-that-is-missing' .*; delete node_modules and start again\n$/)
  })

  it('says which Node it needs when it is run by an older one', () => {
    const preload = join(checkout, 'old.cjs')
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { node: '20.18.3' } })`)
    expect(launch('--require', preload, join(checkout, 'bin', 'holdfast.mjs'))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'holdfast needs Node 20.19 or newer; this is 20.18.3.\n',
    })
  })
})

describe('the build', () => {
  it('has nothing to do in a package without sources', () => {
    rmSync(join(checkout, 'src'), { recursive: true })
    expect(launch(join(checkout, 'tools', 'build.mjs'))).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
