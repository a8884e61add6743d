import { deserialize, serialize } from 'node:v8'

/** Encodes plain data for another process of the same program. */
export function encodeData(data: unknown): Buffer {
  return serialize(data)
}

/** Decodes what `encodeData` made. The other end is this program, so that its form is known. */
export function decodeData<T>(bytes: Buffer): T {
  return deserialize(bytes) as T
}
