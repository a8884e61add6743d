/**
 * Checks that the files of `src/` import only what their layer may (tools/layers.mjs), and that no file imports itself
 * through others:
 *
 *     node tools/checkLayers.mjs [FOLDER]
 */
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HIGHEST_PURE_LAYER, LAYERS, PACKAGE_HOMES, PURE_MODULES, SIBLINGS } from './layers.mjs'
import { inProject, listFiles } from './lib/project.mjs'

/** Answers what is wrong with the imports of the files in a folder, one sentence each. */
export function findViolations(folder) {
  const files = listFiles(folder).filter((file) => file.endsWith('.ts'))
  const imports = new Map(
    files.map((file) => [file, readImports(file, readFileSync(join(folder, file), 'utf8'))]),
  )
  const violations = files.flatMap((file) => {
    return imports.get(file).flatMap(({ specifier, target }) => {
      const reason = judge(file, specifier, target)
      return reason === undefined ? [] : [`${file}: imports ${specifier}: ${reason}`]
    })
  })
  return [...violations, ...findCycles(imports)]
}

/** `from '…'` of imports and exports, bare imports, dynamic imports and import types alike. */
const SPECIFIER = /\b(?:from|import(?:\s*\()?)\s*(['"])([^'"\n]+)\1/g
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm

function readImports(file, text) {
  return [...text.replace(COMMENT, '').matchAll(SPECIFIER)].map(([, , specifier]) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined
    return { specifier, target }
  })
}

/** Answers why a file may not import something; undefined when it may. */
function judge(file, specifier, target) {
  const unit = unitOf(file)
  const layer = layerOf(unit)
  if (layer < 0) return `tools/layers.mjs does not know ${unit}`
  if (target !== undefined) return judgeFile({ unit, layer }, target)
  return isBuiltin(specifier) ? judgeBuiltin({ unit, layer }, specifier) : judgePackage(unit, specifier)
}

function judgeFile({ unit, layer }, target) {
  const other = unitOf(target)
  const otherLayer = layerOf(other)
  if (target.startsWith('..')) return 'it lies outside src/'
  if (otherLayer < 0) return `tools/layers.mjs does not know ${other}`
  if (other === unit || SIBLINGS[unit]?.includes(other)) return undefined
  if (otherLayer === layer) return `${unit} and ${other} share layer ${layer}`
  if (otherLayer > layer) return `${other} is in layer ${otherLayer}, above ${unit} in ${layer}`
  const { highest = layer } = LAYERS[layer]
  return otherLayer > highest
    ? `layer ${layer} may import no higher than ${highest}, and ${other} is in ${otherLayer}`
    : undefined
}

function judgeBuiltin({ unit, layer }, specifier) {
  if (layer > HIGHEST_PURE_LAYER) return undefined
  const name = specifier.replace(/^node:/, '')
  const isAllowed = [...PURE_MODULES['*'], ...(PURE_MODULES[unit] ?? [])].includes(name)
  return isAllowed ? undefined : `layer ${layer} does without this module of Node`
}

function judgePackage(unit, specifier) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const homes = PACKAGE_HOMES[name]
  if (homes?.includes(unit)) return undefined
  return homes === undefined
    ? 'tools/layers.mjs names no home for this package'
    : `its home is ${homes.join(' and ')}`
}

function unitOf(file) {
  return file.split('/')[0].replace(/\.ts$/, '')
}

function layerOf(unit) {
  return LAYERS.findIndex(({ units }) => units.includes(unit))
}

/** Names each cycle once, by the files on it. */
function findCycles(imports) {
  const done = new Set()
  const cycles = []
  const visit = (file, path) => {
    if (path.includes(file)) {
      cycles.push(`import cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`)
      return
    }
    if (done.has(file)) return
    for (const { target } of imports.get(file) ?? []) if (target !== undefined) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return cycles
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = findViolations(process.argv[2] ?? inProject('src'))
  for (const violation of violations) console.error(violation)
  console.log(violations.length === 0 ? 'layers: fine' : `layers: ${violations.length} violations`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
