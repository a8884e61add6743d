/**
 * Writes docs/configuration.md from the declarations of the options, or checks that it is up to date, that docs/errors.md
 * explains each error code and no other, and that links between the pages lead somewhere:
 *
 *     node tools/docs.mjs [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { ensureReady } from './ensureReady.mjs'
import { configurationPage } from './lib/configurationPage.mjs'
import { findDeadLinks } from './lib/deadLinks.mjs'
import { inProject, listFiles } from './lib/project.mjs'

const CONFIGURATION = 'docs/configuration.md'
const ERRORS = 'docs/errors.md'

function checkErrors() {
  const declared = codes('src/errors.ts', /^ {2}\| '([A-Z_]+)'/gm)
  const explained = codes(ERRORS, /^\| `([A-Z_]+)` \|/gm)
  return [
    ...declared
      .filter((code) => !explained.includes(code))
      .map((code) => `${ERRORS}: ${code} is not explained`),
    ...explained
      .filter((code) => !declared.includes(code))
      .map((code) => `${ERRORS}: there is no code ${code}`),
  ]
}

function codes(file, pattern) {
  return [...readFileSync(inProject(file), 'utf8').matchAll(pattern)].map(([, code]) => code)
}

function checkConfiguration(text) {
  const isCurrent = readFileSync(inProject(CONFIGURATION), 'utf8') === text
  return isCurrent ? [] : [`${CONFIGURATION} is out of date: run node tools/docs.mjs`]
}

function checkLinks() {
  const inFolder = (folder, pattern) =>
    listFiles(inProject(folder))
      .filter((path) => pattern.test(path))
      .map((path) => `${folder}/${path}`)
  const pages = [...inFolder('docs', /^[^/]+\.md$/), ...inFolder('examples', /^[^/]+\/README\.md$/)]
  return findDeadLinks(inProject(), ['README.md', 'CONTRIBUTING.md', ...pages])
}

ensureReady()
const text = await configurationPage()
if (!process.argv.includes('--check')) writeFileSync(inProject(CONFIGURATION), text)
const faults = [...checkConfiguration(text), ...checkErrors(), ...checkLinks()]
for (const fault of faults) console.error(fault)
if (faults.length === 0) console.log('documentation: fine')
process.exitCode = faults.length === 0 ? 0 : 1
