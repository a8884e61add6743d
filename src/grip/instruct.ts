import type { RawHeaders, ResponseHead } from '../util/headers.ts'

export type HoldMode = 'none' | 'response' | 'stream'

/** One channel that a hold is to subscribe to. GRIP: Grip-Channel. */
export interface InstructChannel {
  readonly name: string
  readonly prevId: string | undefined
  readonly filters: readonly string[]
}

/** GRIP: Grip-Keep-Alive. */
export interface KeepAlive {
  readonly data: Buffer
  readonly mode: 'idle' | 'interval'
  readonly timeoutSeconds: number
}

/** What an origin's response tells us to do. GRIP: Grip-Hold and its companions, application/grip-instruct. */
export interface Instruct {
  readonly holdMode: HoldMode
  readonly channels: readonly InstructChannel[]
  /** Response holds: seconds until the hold is answered with `response`. */
  readonly timeoutSeconds: number
  /** Stream holds only. */
  readonly keepAlive: KeepAlive | undefined
  /** Subscription meta for filters; undefined when there is none. */
  readonly meta: Readonly<Record<string, string>> | undefined
  readonly nextLink: { readonly url: string; readonly timeoutSeconds: number } | undefined
  readonly goneLink: { readonly url: string } | undefined
  /** What the client gets: Grip-*, hop-by-hop and unexposed headers are gone, Grip-Status is applied. */
  readonly response: {
    readonly status: number
    readonly reason: string
    readonly headers: RawHeaders
    readonly body: Buffer
  }
}

/** Tells whether a response carries instructions: media type application/grip-instruct, or any `Grip-` header. */
export function isInstruct(_head: ResponseHead): boolean {
  throw new Error('not written yet')
}

export function parseInstruct(_head: ResponseHead, _body: Buffer): Instruct {
  throw new Error('not written yet')
}
