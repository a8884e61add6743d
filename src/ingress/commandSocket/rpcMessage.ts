import { HoldfastError } from '../../errors.ts'
import { isJsonObject, textOf } from '../../grip/jsonFields.ts'
import { encodeTnetstring, parseTnetstring, type TnetInput, type TnetValue } from '../../util/tnetstring.ts'

/** A request as it came by a ROUTER socket: the frames that lead back, and the others. */
export interface RpcFrames {
  /** Routing id to delimiter; a peer that sent no delimiter gets none. */
  readonly envelope: readonly Buffer[]
  readonly content: readonly Buffer[]
}

/** One request. Pushpin: operations.md §2.1. */
export interface RpcRequest {
  readonly method: string
  readonly args: Readonly<Record<string, TnetValue>>
}

const ROUTING_ID_COUNT = 1

/** Takes the frames apart at the first that is empty. */
export function splitFrames(parts: readonly Buffer[]): RpcFrames {
  const delimiter = parts.findIndex((part, i) => i >= ROUTING_ID_COUNT && part.length === 0)
  const envelopeLength = delimiter < 0 ? ROUTING_ID_COUNT : delimiter + 1
  return { envelope: parts.slice(0, envelopeLength), content: parts.slice(envelopeLength) }
}

/**
 * Parses the content of a request to a map. Throws COMMAND_INVALID; the text is Pushpin's, what follows `received message
 * with` in its log.
 */
export function parseRpcMap(content: readonly Buffer[]): Readonly<Record<string, TnetValue>> {
  const [only] = content
  if (content.length !== 1 || only === undefined) throw unusable('parts != 1')
  const value = parseBare(only)
  if (!isJsonObject(value)) throw unusable('invalid format (parse failed)')
  return value as Readonly<Record<string, TnetValue>>
}

/** Reads a request out of its map. Throws as `parseRpcMap`. */
export function parseRpcRequest(map: Readonly<Record<string, TnetValue>>): RpcRequest {
  const method = textOf(map['method'])
  const args = map['args'] === undefined ? {} : map['args']
  const isWhole = ['id', 'from'].every((key) => map[key] === undefined || textOf(map[key]) !== undefined)
  if (method === undefined || !isWhole || !isJsonObject(args)) throw unusable('invalid format (parse failed)')
  return { method, args: args as RpcRequest['args'] }
}

/** Answers the id that the reply has to repeat: the bytes as they are, whatever else is wrong with the request. */
export function requestId(map: Readonly<Record<string, TnetValue>>): Buffer | undefined {
  const { id } = map
  return Buffer.isBuffer(id) && id.length > 0 ? id : undefined
}

/** What a request is answered. */
export type RpcReply =
  | { readonly success: true; readonly value: TnetInput }
  | { readonly success: false; readonly condition: RpcCondition; readonly value?: TnetInput | undefined }

/** What went wrong, in Pushpin's words. */
export type RpcCondition =
  | 'bad-request'
  | 'item-not-found'
  | 'method-not-found'
  | 'service-unavailable'
  | 'internal-error'

/** Encodes a reply to the request of that id. */
export function encodeRpcReply(reply: RpcReply, id: Buffer | undefined): Buffer {
  return encodeTnetstring({ id, ...reply })
}

function parseBare(bytes: Buffer): TnetValue {
  try {
    return parseTnetstring(bytes)
  } catch (cause) {
    throw unusable('invalid format (tnetstring parse failed)', cause)
  }
}

function unusable(text: string, cause?: unknown): HoldfastError {
  return new HoldfastError('COMMAND_INVALID', text, cause === undefined ? undefined : { cause })
}
