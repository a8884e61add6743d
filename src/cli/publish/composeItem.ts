import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { CommandLine } from '../../config/commandLine.ts'
import { unusable } from '../unusable.ts'

/** A published item as JSON has it. GRIP: publish item. */
export type ItemJson = Readonly<Record<string, unknown>>

const MAX_CODE = 999

/** Makes the item that the words and flags of `publish` ask for. Throws CONFIG_INVALID. */
export function composeItem(line: CommandLine): ItemJson {
  const [channel, content] = line.words
  const values = (name: string): readonly string[] => line.values.get(name) ?? []
  const formats = composeFormats(line, content)
  const [id, prevId, sender] = ['id', 'prev-id', 'sender'].map((name) => values(name).at(-1))
  const meta = Object.fromEntries([
    ...(sender === undefined ? [] : [['sender', sender]]),
    ...values('meta').map(parseMeta),
  ])
  return {
    channel,
    ...(id === undefined ? {} : { id }),
    ...(prevId === undefined ? {} : { 'prev-id': prevId }),
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
    ...(line.switches.has('no-seq') ? { 'no-seq': true } : {}),
    formats,
  }
}

/** A hint goes before a close, a close before content, as in pushpin-publish. */
function composeFormats(line: CommandLine, content: string | undefined): ItemJson {
  const response = composeResponse(line)
  if (line.switches.has('hint')) {
    const action = { action: 'hint' }
    return { 'http-response': action, 'http-stream': action, 'ws-message': action }
  }
  if (line.switches.has('close')) {
    return { 'http-stream': { action: 'close' }, 'ws-message': { action: 'close' } }
  }
  if (content === undefined) throw unusable('must specify content')
  const bytes = readContent(content)
  if (line.switches.has('patch')) return { 'http-response': { ...response, 'body-patch': parsePatch(bytes) } }
  const ended =
    content.startsWith('@') || line.switches.has('no-eol') ? bytes : Buffer.concat([bytes, LINE_FEED])
  return {
    'http-response': { ...response, ...contentField('body', ended) },
    'http-stream': contentField('content', ended),
    'ws-message': contentField('content', bytes),
  }
}

const LINE_FEED = Buffer.from('\n')

function composeResponse({ values }: CommandLine): ItemJson {
  const code = parseCode(values.get('code')?.at(-1) ?? '200')
  const headers = (values.get('header') ?? []).map(parseHeader)
  return headers.length === 0 ? { code } : { code, headers }
}

function parseCode(text: string): number {
  if (!/^\d+$/.test(text)) throw unusable(`failed to parse code: "${text}" is not a number`)
  if (Number(text) > MAX_CODE) throw unusable(`code must be an integer between 0 and ${MAX_CODE}`)
  return Number(text)
}

function parseHeader(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  if (colon < 0) throw unusable('header must be in the form "name: value"')
  return [text.slice(0, colon), text.slice(colon + 1).trim()]
}

function parseMeta(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  if (equals < 0) throw unusable('meta must be in the form "name=value"')
  return [text.slice(0, equals), text.slice(equals + 1).trim()]
}

function readContent(content: string): Buffer {
  if (!content.startsWith('@')) return Buffer.from(content)
  const path = content.slice(1)
  try {
    return readFileSync(path)
  } catch (error) {
    throw unusable(`can't read file ${path}: ${(error as Error).message}`, error)
  }
}

function parsePatch(bytes: Buffer): readonly unknown[] {
  const patch = parseJson(bytes.toString())
  if (!Array.isArray(patch)) throw unusable('patch content must be a JSON array')
  return patch
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON has no bytes: content that is not text has a field of its own, in base64. */
function contentField(name: string, bytes: Buffer): ItemJson {
  return isUtf8(bytes) ? { [name]: bytes.toString() } : { [`${name}-bin`]: bytes.toString('base64') }
}
