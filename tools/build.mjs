/**
 * Compiles `src/` to `dist/`:
 *
 *     node tools/build.mjs
 *
 * The new `dist/` is made beside the old one and put in its place when it is complete, so that programs which start
 * meanwhile find one or the other. npm runs this as `prepare` too; a package that has no sources has nothing to build.
 */
import { existsSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inProject, runModule } from './lib/project.mjs'
import { keepPublicTypes } from './lib/publicTypes.mjs'

const COMPILER = 'typescript/bin/tsc'

/** Builds; throws when the sources do not compile. */
export function build() {
  const startedAt = new Date()
  const fresh = inProject(`dist-${process.pid}`)
  try {
    const args = ['-p', 'tsconfig.build.json', '--outDir', fresh, '--noEmitOnError']
    if (runModule(COMPILER, args, { quiet: true }) !== 0) throw new Error('the sources do not compile')
    keepPublicTypes(fresh)
    // A source that was saved while the compiler ran must count as newer than the build.
    utimesSync(`${fresh}/cli.js`, startedAt, startedAt)
    replaceDist(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function replaceDist(fresh) {
  const dist = inProject('dist')
  const old = `${fresh}-old`
  try {
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
  } catch (error) {
    // Another build was quicker; its result is as good.
    if (!existsSync(`${dist}/cli.js`)) throw error
  }
  rmSync(old, { recursive: true, force: true })
}

function main() {
  if (!existsSync(inProject('src'))) return
  if (process.env.npm_lifecycle_event === 'prepare' && !existsSync(inProject('node_modules', COMPILER))) {
    console.error(
      'holdfast: not built, as the compiler is a development dependency and those are not installed',
    )
    return
  }
  build()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main()
  } catch (error) {
    console.error(`build: ${error.message}`)
    process.exitCode = 1
  }
}
