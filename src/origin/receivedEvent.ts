import type { MessageSocketOwner, MessageType } from '../edges/socket.ts'
import type { HoldfastError } from '../errors.ts'

/** What one end of a WebSocket has received, or its end. */
export type ReceivedEvent =
  | { readonly kind: 'message'; readonly type: MessageType; readonly content: Buffer }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: 'gone'; readonly fault: HoldfastError | undefined }

/** Tells the owner of a socket what was received. */
export function tellOwner(owner: MessageSocketOwner, event: ReceivedEvent): void {
  switch (event.kind) {
    case 'message':
      owner.onMessage(event.type, event.content)
      break
    case 'close':
      owner.onClose(event.code, event.reason)
      break
    case 'gone':
      owner.onGone(event.fault)
      break
  }
}
