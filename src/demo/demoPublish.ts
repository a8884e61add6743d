import type { PublishOutcome } from '../edges/bus.ts'
import { HoldfastError } from '../errors.ts'
import { isJsonObject } from '../grip/jsonFields.ts'
import { parseJsonBytes } from '../grip/jsonText.ts'
import { type PublishItem, parsePublishItem } from '../grip/publishItem.ts'
import { getHeader, mediaType } from '../util/headers.ts'
import { type LocalAnswer, type LocalRequest, plainAnswer } from '../util/localAnswer.ts'

/** The one channel of the demo. */
export const DEMO_CHANNEL = 'demo'

/** Characters of one text. */
const MAX_TEXT_LENGTH = 10_000

type Publish = (items: readonly PublishItem[]) => Promise<readonly PublishOutcome[]>

/**
 * Publishes the text of `{"text": "..."}` on the demo's channel. The page cannot ask the control port, which is another
 * web origin; this path is the page's own, and other sites must not be able to use it through their visitors' browsers.
 */
export async function answerPublish(request: LocalRequest, publish: Publish): Promise<LocalAnswer> {
  if (isFromAnotherSite(request)) return plainAnswer(403, 'Only the demo page itself may publish here.\n')
  // A browser sends this type to another site only after asking it, and nobody here would say yes.
  if (mediaType(request.headers) !== 'application/json') {
    return plainAnswer(415, 'The Content-Type must be application/json.\n')
  }
  const text = readText(request.body)
  if (text === undefined) {
    return plainAnswer(400, `The body must be {"text": "..."} with 1 to ${MAX_TEXT_LENGTH} characters.\n`)
  }
  return publishText(text, publish)
}

async function publishText(text: string, publish: Publish): Promise<LocalAnswer> {
  try {
    const [outcome] = await publish([demoItem(text)])
    const body = `${JSON.stringify({ holds: outcome?.holds ?? 0 })}\n`
    return { status: 200, headers: ['Content-Type', 'application/json'], body }
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'BUS_UNAVAILABLE') {
      return plainAnswer(503, `Not published: ${error.message}\n`)
    }
    throw error
  }
}

/** An item for those who hold `/stream` and for those who wait at `/poll`. */
function demoItem(text: string): PublishItem {
  return parsePublishItem({
    channel: DEMO_CHANNEL,
    formats: { 'http-stream': { content: encodeEvent(text) }, 'http-response': { body: `${text}\n` } },
  })
}

/** Writes a server-sent event; each line of the text is a `data` line of its own. HTML: 9.2.6. */
function encodeEvent(text: string): string {
  return `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
}

function readText(body: Buffer): string | undefined {
  const value = parseJsonBytes(body)
  if (!isJsonObject(value)) return undefined
  const text = value['text']
  const isUsable = typeof text === 'string' && text !== '' && text.length <= MAX_TEXT_LENGTH
  return isUsable ? text : undefined
}

/** Browsers say where a request comes from in Sec-Fetch-Site, old ones in Origin; other programs in neither. */
function isFromAnotherSite(request: LocalRequest): boolean {
  const site = getHeader(request.headers, 'sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = getHeader(request.headers, 'origin')
  return origin !== undefined && !isOwnOrigin(origin, request.authority)
}

function isOwnOrigin(origin: string, authority: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host } = new URL(origin)
  const own = `${protocol}//${authority}`
  return URL.canParse(own) && new URL(own).host === host
}
