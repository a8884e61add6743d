/** What stands in a Close frame after its code must leave room for that in the 125 bytes of a control frame. RFC 6455 §5.5. */
const MAX_CLOSE_REASON_BYTES = 123

const NORMAL_CLOSURE = 1000

/** What a peer is told that broke the protocol or a limit. */
export type FaultCloseCode = 1002 | 1007 | 1008 | 1009

/** Close codes for the errors of `ws` that are no plain breach of the protocol; for that there is 1002. RFC 6455 §7.4.1. */
const FAULT_CLOSE_CODES: Readonly<Record<string, FaultCloseCode>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  // What the receiver hands on from zlib: the content is not what its frame says that it is.
  Z_DATA_ERROR: 1007,
  Z_BUF_ERROR: 1007,
}

/** Returns the code with which a peer is told of its fault, for the code of an error of `ws`'s receiver. */
export function closeCodeForFault(errorCode: string | undefined): FaultCloseCode {
  return FAULT_CLOSE_CODES[errorCode ?? ''] ?? 1002
}

/**
 * Tells whether a code may stand in a Close frame: those of RFC 6455 §7.4.1 and of IANA's registry that an endpoint may send, and those
 * that libraries and applications choose themselves.
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
}

/**
 * Encodes the content of a Close frame from what anybody asked for: no code gives an empty one, a code that must not stand in a frame
 * becomes 1000 (0 is what common GRIP libraries send), and a reason is cut between characters.
 */
export function encodeCloseContent(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.alloc(0)
  const text = Buffer.from(reason)
  const length = lengthWithin(text, MAX_CLOSE_REASON_BYTES)
  const content = Buffer.allocUnsafe(2 + length)
  content.writeUInt16BE(isSendableCloseCode(code) ? code : NORMAL_CLOSURE, 0)
  text.copy(content, 2, 0, length)
  return content
}

/** The longest beginning of UTF-8 text that fits and ends between characters. */
function lengthWithin(text: Buffer, maxBytes: number): number {
  if (text.length <= maxBytes) return text.length
  let length = maxBytes
  while (isContinuation(text[length] as number)) length--
  return length
}

/** RFC 3629 §3: a byte of a character that is not its first. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
