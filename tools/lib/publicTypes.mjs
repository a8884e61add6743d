import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { listFiles } from './project.mjs'

/** What programs import. */
const ENTRIES = ['index.d.ts', 'testing.d.ts']

const IMPORTED = /(?:from|import|import\()\s*['"](\.[^'"]+)\.[jt]s['"]/g

/** Removes the declarations of a build that no program can come to: half of the files of the package would be these. */
export function keepPublicTypes(dist) {
  const kept = new Set()
  const entries = ENTRIES.map((entry) => resolve(dist, entry))
  for (const entry of entries.filter((path) => existsSync(path))) follow(entry, kept)
  for (const path of listFiles(dist)) {
    const file = resolve(dist, path)
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
  }
}

function follow(file, kept) {
  if (kept.has(file)) return
  if (!existsSync(file)) throw new Error(`declarations: there is no ${file}`)
  kept.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(IMPORTED)) {
    follow(`${join(dirname(file), path)}.d.ts`, kept)
  }
}
