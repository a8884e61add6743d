import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { CommandLine, Flag } from '../config/commandLine.ts'
import { packageVersion } from '../server/packageVersion.ts'
import { EXIT } from './exit.ts'
import { FRAMEWORKS, type Framework } from './init/frameworks.ts'
import { projectFiles } from './init/projectFiles.ts'
import { print } from './output.ts'
import { runCommand } from './runCommand.ts'
import { unusable } from './unusable.ts'

const FLAGS: readonly Flag[] = FRAMEWORKS.map(({ name, title }) => ({
  name,
  about: `Write the origin for ${title}.`,
}))

const ABOUT = `Writes a commented holdfast.conf, a routes file and a small origin with its package.json into DIR, by default the
working directory, which is made where it is missing. The origin is one for plain Node, unless a flag says otherwise. Files that
are there are left alone: if one of the four is, nothing is written.`

/** Begins a project; answers the exit code. */
export function init(argv: readonly string[]): Promise<number> {
  return runCommand({ usage: 'init [DIR]', about: ABOUT, flags: FLAGS, words: [0, 1], run }, argv)
}

async function run({ words: [folder = '.'], switches }: CommandLine): Promise<number> {
  const files = projectFiles(chosenFramework(switches), packageVersion())
  refuseToOverwrite(folder, Object.keys(files))
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) {
      // Fails where the file has come meanwhile.
      writeFileSync(join(folder, name), text, { flag: 'wx' })
    }
  } catch (error) {
    throw unusable(`cannot write into ${folder}: ${(error as Error).message}`, error)
  }
  print(nextSteps(folder, Object.keys(files)))
  return EXIT.ok
}

function chosenFramework(switches: ReadonlySet<string>): Framework {
  const chosen = FRAMEWORKS.filter(({ name }) => switches.has(name))
  if (chosen.length > 1) throw unusable(`only one of ${chosen.map(({ name }) => `--${name}`).join(', ')}`)
  return chosen[0] ?? FRAMEWORKS[0]
}

function refuseToOverwrite(folder: string, names: readonly string[]): void {
  const there = names.map((name) => join(folder, name)).filter((path) => existsSync(path))
  if (there.length > 0) throw unusable(`nothing written: ${there.join(', ')} would be overwritten`)
}

function nextSteps(folder: string, names: readonly string[]): string {
  const place = relative('', folder)
  const enter = place === '' ? '' : `  cd ${place}\n`
  return `Wrote ${names.join(', ')}. Next:

${enter}  npm install
  npm run origin                                # the origin, on port 3000
  npx holdfast                                  # in a second terminal: holdfast before it, on port 7999

  curl -N http://localhost:7999/events          # in a third one: stays open
  curl 'http://localhost:7999/say?text=hello'   # in a fourth one: the third prints it
`
}
