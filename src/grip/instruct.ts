import { mediaType, type RawHeaders, type ResponseHead } from '../util/headers.ts'
import type { InstructChannel } from './instruct/channels.ts'
import type { HoldMode, InstructDraft } from './instruct/draft.ts'
import { parseGripHeaders } from './instruct/gripHeaders.ts'
import { invalidInstruct } from './instruct/invalidInstruct.ts'
import { applyJsonInstruct } from './instruct/jsonInstruct.ts'
import type { KeepAlive } from './instruct/keepAlive.ts'
import type { GoneLink, NextLink } from './instruct/links.ts'
import { reasonFor } from './statusReasons.ts'

export type { GoneLink, HoldMode, InstructChannel, KeepAlive, NextLink }

/** What an origin's response tells us to do. GRIP: Grip-Hold and its companions, application/grip-instruct. */
export interface Instruct {
  readonly holdMode: HoldMode
  readonly channels: readonly InstructChannel[]
  /** Response holds: seconds until the hold is answered with `response`. */
  readonly timeoutSeconds: number
  /** Stream holds only. Empty data is possible: nothing is to be written then. */
  readonly keepAlive: KeepAlive | undefined
  /** Subscription meta for filters; undefined when there is none. */
  readonly meta: Readonly<Record<string, string>> | undefined
  readonly nextLink: NextLink | undefined
  readonly goneLink: GoneLink | undefined
  /** What the client gets: Grip-*, hop-by-hop and unexposed headers are gone, Grip-Status is applied. */
  readonly response: {
    readonly status: number
    readonly reason: string
    readonly headers: RawHeaders
    readonly body: Buffer
  }
}

const JSON_MEDIA_TYPE = 'application/grip-instruct'
const DEFAULT_TIMEOUT_SECONDS = 55
const MIN_TIMEOUT_SECONDS = 5
const NO_BODY = Buffer.alloc(0)

/** Tells whether a response carries instructions: media type application/grip-instruct, or any `Grip-` header. */
export function isInstruct(head: ResponseHead): boolean {
  const { headers } = head
  for (let i = 0; i < headers.length; i += 2) {
    if (hasGripPrefix(headers[i] as string)) return true
  }
  return isJsonInstruct(head)
}

/** Tells whether the instructions are in the body, which is application/grip-instruct. */
export function isJsonInstruct(head: ResponseHead): boolean {
  return mediaType(head.headers) === JSON_MEDIA_TYPE
}

/**
 * Parses the instructions of a whole response. Throws INSTRUCT_INVALID with Pushpin's text. The header text is wire text
 * (one character per byte) on both sides; names of channels, meta and URLs come out as text.
 */
export function parseInstruct(head: ResponseHead, body: Buffer): Instruct {
  const draft = parseGripHeaders(head, body)
  if (!isJsonInstruct(head)) return finishInstruct(draft)
  if (head.status !== 200) {
    const advice = `it is ${head.status}; the client's own code stands in "response": {"code": ${head.status}}`
    throw invalidInstruct(`response code for ${JSON_MEDIA_TYPE} content must be 200`, advice)
  }
  applyJsonInstruct(draft, body)
  return finishInstruct(draft)
}

/**
 * Parses instructions that are all in the head, for a body that is passed on and not kept: `response.body` is empty.
 * Throws INSTRUCT_INVALID also when the body would be needed.
 */
export function parseInstructHead(head: ResponseHead): Instruct {
  const draft = parseGripHeaders(head, NO_BODY)
  if (isJsonInstruct(head)) throw invalidInstruct(`${JSON_MEDIA_TYPE} content cannot be used here`)
  return finishInstruct(draft)
}

/** Without making a string for each field of each response. */
function hasGripPrefix(name: string): boolean {
  return name[4] === '-' && name.slice(0, 4).toLowerCase() === 'grip'
}

function finishInstruct(draft: InstructDraft): Instruct {
  const { response, body, links } = draft
  return {
    holdMode: draft.holdMode,
    channels: [...draft.channels.values()],
    timeoutSeconds: Math.max(draft.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS, MIN_TIMEOUT_SECONDS),
    keepAlive: draft.keepAlive,
    meta: draft.meta.size === 0 ? undefined : Object.fromEntries(draft.meta),
    nextLink: links.nextLink,
    goneLink: links.goneLink,
    response: {
      status: response.status,
      reason: response.reason === '' ? reasonFor(response.status) : response.reason,
      headers: response.headers,
      body,
    },
  }
}
