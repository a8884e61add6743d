import type { ResponseHead } from '../../util/headers.ts'
import type { ChannelsByName } from './channels.ts'
import type { KeepAlive } from './keepAlive.ts'
import type { InstructLinks } from './links.ts'

/** What becomes of the client's request. GRIP: Grip-Hold. */
export type HoldMode = 'none' | 'response' | 'stream'

/** Instructions while they are gathered: first from the headers, then from the JSON body, which overrides and adds. */
export interface InstructDraft {
  holdMode: HoldMode
  readonly channels: ChannelsByName
  timeoutSeconds: number | undefined
  keepAlive: KeepAlive | undefined
  readonly meta: Map<string, string>
  readonly links: InstructLinks
  /** An empty reason is replaced by the code's own. */
  response: ResponseHead
  body: Buffer
}
