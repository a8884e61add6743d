import { constants, deflateRawSync } from 'node:zlib'
import { Sender } from 'ws'
import type { MessageFraming, MessageType } from '../../edges/socket.ts'

/** RFC 6455 §5.2. */
const OPCODES: Readonly<Record<MessageType, number>> = { text: 1, binary: 2, ping: 9, pong: 10 }
const CLOSE_OPCODE = 8

/** RFC 6455 §5.5. */
const MAX_CONTROL_BYTES = 125

/** Below this many bytes, compressing one message on its own gains next to nothing. */
const MIN_DEFLATE_BYTES = 128

/** Compressing keeps everything else waiting: 8 ms for this much. What is larger is sent as it is, as RFC 7692 §6 lets us. */
const MAX_DEFLATE_BYTES = 256 * 1024

/** The end of a block that a sync flush writes; it is not sent. RFC 7692 §7.2.1. */
const DEFLATE_TAIL_BYTES = 4

/** How messages look to clients without an extension. */
export const PLAIN_FRAMING: MessageFraming = {
  name: 'plain',
  frame: (type, content) => encodeFrame(OPCODES[type], isControl(type) ? cut(content) : content),
}

/** How messages look to clients with permessage-deflate and no context takeover. */
export const DEFLATE_FRAMING: MessageFraming = {
  name: 'deflate',
  frame: (type, content) => {
    if (isControl(type) || content.length < MIN_DEFLATE_BYTES || content.length > MAX_DEFLATE_BYTES)
      return PLAIN_FRAMING.frame(type, content)
    const flushed = deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH })
    const deflated = flushed.subarray(0, -DEFLATE_TAIL_BYTES)
    return deflated.length < content.length
      ? encodeFrame(OPCODES[type], deflated, { isDeflated: true })
      : PLAIN_FRAMING.frame(type, content)
  },
}

/** Frames the content of a Close; see `util/webSocketClose`. */
export function encodeCloseFrame(content: Buffer): Buffer {
  return encodeFrame(CLOSE_OPCODE, content)
}

function isControl(type: MessageType): boolean {
  return type === 'ping' || type === 'pong'
}

/** A publisher may have given more than a control frame can carry; a part of it still does what a ping is for. */
function cut(content: Buffer): Buffer {
  return content.length > MAX_CONTROL_BYTES ? content.subarray(0, MAX_CONTROL_BYTES) : content
}

function encodeFrame(opcode: number, content: Buffer, { isDeflated = false } = {}): Buffer {
  return Buffer.concat(
    Sender.frame(content, { fin: true, opcode, mask: false, readOnly: true, rsv1: isDeflated }),
  )
}
