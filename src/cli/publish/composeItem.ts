import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { CommandLine } from '../../config/commandLine.ts'
import type { TnetInput } from '../../util/tnetstring.ts'
import { unusable } from '../unusable.ts'

/** A published item as JSON or a tnetstring has it. GRIP: publish item. */
export type ItemFields = { readonly [name: string]: TnetInput }

/** How an item is written; JSON has no bytes. */
export type ItemEncoding = 'json' | 'tnetstring'

const MAX_CODE = 999

/** Makes the item that the words and flags of `publish` ask for. Throws CONFIG_INVALID. */
export function composeItem(line: CommandLine, encoding: ItemEncoding): ItemFields {
  const [channel, content] = line.words
  const values = (name: string): readonly string[] => line.values.get(name) ?? []
  const formats = composeFormats(line, content, encoding)
  const [id, prevId, sender] = ['id', 'prev-id', 'sender'].map((name) => values(name).at(-1))
  const meta = Object.fromEntries([
    ...(sender === undefined ? [] : [['sender', sender]]),
    ...values('meta').map(parseMeta),
  ])
  return {
    channel: channel ?? '',
    ...(id === undefined ? {} : { id }),
    ...(prevId === undefined ? {} : { 'prev-id': prevId }),
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
    ...(line.switches.has('no-seq') ? { 'no-seq': true } : {}),
    formats,
  }
}

/** A hint goes before a close, a close before content, as in pushpin-publish. */
function composeFormats(line: CommandLine, content: string | undefined, encoding: ItemEncoding): ItemFields {
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
    'http-response': { ...response, ...httpContent('body', ended, encoding) },
    'http-stream': httpContent('content', ended, encoding),
    'ws-message': messageContent(bytes, encoding),
  }
}

const LINE_FEED = Buffer.from('\n')

function composeResponse({ values }: CommandLine): ItemFields {
  const code = parseCode(values.get('code')?.at(-1) ?? '200')
  const headers = (values.get('header') ?? []).map(parseHeader)
  return headers.length === 0 ? { code } : { code, headers }
}

function parseCode(text: string): number {
  if (!/^\d+$/.test(text)) throw unusable('failed to parse code: invalid digit found in string')
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

function parsePatch(bytes: Buffer): readonly TnetInput[] {
  const patch = parseJson(bytes.toString())
  if (!Array.isArray(patch)) throw unusable('patch content must be a JSON array')
  return patch
}

function parseJson(text: string): TnetInput | undefined {
  try {
    return JSON.parse(text) as TnetInput
  } catch {
    return undefined
  }
}

/** In JSON, content that is not text has a field of its own, in base64; in a tnetstring all content is bytes. */
function httpContent(name: string, bytes: Buffer, encoding: ItemEncoding): ItemFields {
  if (isUtf8(bytes)) return { [name]: bytes.toString() }
  return encoding === 'json' ? { [`${name}-bin`]: bytes.toString('base64') } : { [name]: bytes }
}

/** By the field of its own, content that is not text becomes a binary message in both encodings. */
function messageContent(bytes: Buffer, encoding: ItemEncoding): ItemFields {
  if (isUtf8(bytes)) return { content: bytes.toString() }
  return { 'content-bin': encoding === 'json' ? bytes.toString('base64') : bytes }
}
