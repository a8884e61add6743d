import type { OriginOpening, OriginSocketSink } from '../../edges/originSocket.ts'
import { Conversation } from './conversation.ts'
import type { OverHttpJob } from './overHttpJob.ts'
import { OverHttpOpening } from './overHttpOpening.ts'

/**
 * Opens an origin's WebSocket over HTTP; the socket that the sink gets is an OverHttpSocket. The head that it gets says 101, as a
 * WebSocket origin's would. GRIP: WebSocket-over-HTTP.
 */
export function openOverHttp(job: OverHttpJob, sink: OriginSocketSink): OriginOpening {
  const opening = new OverHttpOpening(new Conversation(job), sink)
  opening.begin()
  return opening
}
