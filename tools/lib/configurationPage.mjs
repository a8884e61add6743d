/** Makes the text of docs/configuration.md from the declarations in `src/config`, as they were built. */
import { pathToFileURL } from 'node:url'
import { inProject } from './project.mjs'

const INTRODUCTION = `# Configuration

<!-- Written by tools/docs.mjs from the declarations in src/config; edit those. -->

holdfast reads Pushpin's \`pushpin.conf\`. Flags win over environment variables, these over the file, and the file over the
defaults. All faults are reported at once, each with its place, and the program ends with exit code 2. Unknown keys are
warned about. Without a file, a route or a routes file it serves a demo.
`

const FILE_RULES = `## The file

\`--config\` names it, or \`HOLDFAST_CONFIG\`; otherwise it is the first of these that exists in the working directory:
SEARCHED. \`/etc/pushpin\` is not searched: it belongs to Pushpin, and a try of holdfast should not
meet it by chance.

* \`key=value\` lines in sections. A line that starts with \`#\` or \`;\` is a comment, and so is what follows a \`;\` outside
  quotes. A \`#\` within a value belongs to it.
* Commas separate the items of a list; double quotes protect commas, semicolons and blanks. A backslash starts an escape
  (\`\\\\\`, \`\\"\`, \`\\n\`, \`\\x2c\` and the like); an escape that is not known stays as it is written.
* Of a key that is repeated the last one holds. An empty number, path or key counts as not set.
* \`true\` or \`false\`: as in Pushpin, empty, \`0\` and \`false\` are false, and all else is true. So are \`no\` and \`off\`, which are
  warned about.
* A log level above 4 is taken as 4.
* \`{rundir}\`, \`{libdir}\` and \`{ipc_prefix}\` in values stand for those settings of \`[global]\`.
* Relative paths start at the folder of the file, also those of a file that it includes. Relative paths in flags and variables
  start at the working directory.
* The file is read at the start only. SIGHUP reads the routes again and reopens the log.
`

const LATER = `## Not supported yet

Read and checked, but without effect; one warning names those that are set to something else.
`

const PASSED_OVER = `## Passed over

These settings of Pushpin's own processes are accepted and ignored, and so are the internal sockets (\`*_spec\`, \`*_specs\`)
that stand in its \`internal.conf\`:
`

const SECTION_ABOUT = {
  global: 'What the other sections refer to.',
  runner: 'Listeners for clients, their limits, logs and stopping.',
  proxy: 'Routes, what origins are told, and signatures.',
  handler: 'Publishing and delivery.',
  control: 'Who may use the control API; [more of it](api.md). Pushpin has no such section, and skips it.',
  cluster: 'What joins several nodes; [more of it](cluster.md). Pushpin has no such section, and skips it.',
}

/** Answers the whole page. */
export async function configurationPage() {
  const [
    { FLAGS },
    { flagUsage },
    { EXTRA_VARIABLES },
    { SEARCHED_FILES },
    { sections, SECTION_NAMES },
    { laterOptions },
    ignored,
  ] = await Promise.all(
    [
      'flags',
      'commandLine',
      'environment',
      'configFile',
      'options/sections',
      'options/laterOptions',
      'options/ignoredKeys',
    ].map(load),
  )
  const searched = SEARCHED_FILES.map(code).join(', ')
  const flags = table(
    ['flag', ''],
    FLAGS.map((flag) => [code(flagUsage(flag)), flag.about]),
  )
  const variables = EXTRA_VARIABLES.map(({ name, about }) => [code(name), about])
  const overrides = SECTION_NAMES.flatMap((name) => variableRows(name, sections[name]))
  const pages = SECTION_NAMES.map((name) => sectionText(name, Object.values(sections[name])))
  const later = SECTION_NAMES.flatMap((name) => laterOptions[name].map((option) => laterRow(name, option)))
  const silent = SECTION_NAMES.filter((name) => ignored.ignoredKeys(name).length > 0).map((name) => {
    return `* \`[${name}]\`: ${ignored.ignoredKeys(name).map(code).join(', ')}`
  })
  return [
    INTRODUCTION,
    `## Flags\n\n${flags}\n`,
    `## Environment\n\nAn empty variable counts as not set.\n\n${table(['variable', ''], [...variables, ...overrides])}\n`,
    FILE_RULES.replace('SEARCHED', searched),
    ...pages,
    `${LATER}\n${table(['section', 'key', 'default', 'meaning'], later)}\n`,
    `${PASSED_OVER}\n${silent.join('\n')}\n`,
  ].join('\n')
}

function load(name) {
  return import(pathToFileURL(inProject('dist', 'config', `${name}.js`)).href)
}

function variableRows(section, options) {
  return Object.values(options)
    .filter(({ env }) => env !== undefined)
    .map(({ env, key }) => [code(env), `${code(key)} in ${code(`[${section}]`)}`])
}

function sectionText(name, options) {
  const rows = options.map((option) => [
    code(option.key),
    option.type.form,
    showDefault(option),
    option.unit ?? '',
    option.about,
  ])
  return `## [${name}]\n\n${SECTION_ABOUT[name]}\n\n${table(['key', 'form', 'default', 'unit', 'meaning'], rows)}\n`
}

function laterRow(section, option) {
  return [code(`[${section}]`), code(option.key), showDefault(option), option.about]
}

function showDefault({ default: value, withoutFile }) {
  const shown = showValue(value)
  return withoutFile === undefined ? shown : `${shown}; without a file ${code(withoutFile)}`
}

function showValue(value) {
  if (['string', 'number', 'boolean'].includes(typeof value) && value !== '') return code(String(value))
  return 'none'
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map(escapeCell).join(' | ')} |`,
  )
  return lines.join('\n')
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|')
}

function code(text) {
  return `\`${text}\``
}
