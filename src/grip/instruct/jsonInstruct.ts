import { isJsonObject, JsonFields } from '../jsonFields.ts'
import { readHeaders, readReason } from '../jsonHeaders.ts'
import { parseJsonBytes } from '../jsonText.ts'
import { clientHeaders } from '../responseHeaders.ts'
import { FINAL_STATUS_RANGE } from '../statusReasons.ts'
import { addJsonChannels } from './channels.ts'
import type { HoldMode, InstructDraft } from './draft.ts'
import { adviceFor, invalidInstruct } from './invalidInstruct.ts'
import { readJsonKeepAlive } from './keepAlive.ts'

/** Parses a body of application/grip-instruct and lays it over what the headers said. */
export function applyJsonInstruct(draft: InstructDraft, body: Buffer): void {
  const fields = new JsonFields(parseBody(body), { name: 'instruct', code: 'INSTRUCT_INVALID' })
  const hold = fields.object('hold', 'hold')
  if (hold !== undefined) applyHold(draft, hold)
  draft.response = { status: draft.response.status, reason: draft.response.reason, headers: [] }
  draft.body = Buffer.alloc(0)
  const response = fields.object('response', 'response')
  if (response !== undefined) applyResponse(draft, response)
}

/** As Pushpin, a list is JSON of the wrong form, and a lone string, number, boolean or null is not JSON at all. */
function parseBody(body: Buffer): unknown {
  const value = parseJsonBytes(body)
  if (typeof value !== 'object' || value === null) {
    const text = 'failed to parse application/grip-instruct content as JSON'
    throw invalidInstruct(text, adviceFor(startOf(body), RIGHT_FORM))
  }
  if (!isJsonObject(value))
    throw invalidInstruct('instruct must be an object', adviceFor(startOf(body), RIGHT_FORM))
  return value
}

const RIGHT_FORM = 'write an object, such as {"hold":{"mode":"stream","channels":[{"name":"news"}]}}'

/** As much of a body as shows what it is. */
function startOf(body: Buffer): string {
  return body.subarray(0, 40).toString()
}

/** The channels are added to those of the headers; all else replaces what the headers said. */
function applyHold(draft: InstructDraft, hold: JsonFields): void {
  draft.holdMode = readMode(hold)
  const channels = hold.list('channels')
  if (channels === undefined) throw hold.missing("'channels'")
  addJsonChannels(draft.channels, channels)
  draft.timeoutSeconds = hold.seconds('timeout') ?? draft.timeoutSeconds
  const keepAlive = hold.object('keep-alive', 'keep-alive')
  if (keepAlive !== undefined) draft.keepAlive = readJsonKeepAlive(keepAlive, draft.keepAlive)
  for (const [key, value] of hold.strings('meta', "'meta'") ?? []) draft.meta.set(key, value)
}

function readMode(hold: JsonFields): HoldMode {
  const mode = hold.string('mode') ?? 'response'
  if (mode === 'response' || mode === 'stream') return mode
  throw hold.error("hold 'mode' must be set to either 'response' or 'stream'")
}

/** The client's response consists of this alone; a `code` makes the reason of the origin's status obsolete. */
function applyResponse(draft: InstructDraft, response: JsonFields): void {
  const code = response.integer('code', FINAL_STATUS_RANGE)
  const reason = readReason(response) ?? (code === undefined ? draft.response.reason : '')
  const headers = clientHeaders(readHeaders(response))
  draft.response = { status: code ?? draft.response.status, reason, headers }
  draft.body = response.bytes({ base64: 'body-bin', text: 'body' }) ?? draft.body
}
