import { type RawResponse, type ResponseHead, ResponseReader } from './httpResponse.ts'
import { connect, type RawClient } from './rawClient.ts'

export type HeaderList = readonly (readonly [string, string])[]

/** What a client sends; by default `GET` with HTTP/1.1 and `Host: flow.test`. */
export interface RequestOptions {
  readonly method?: string
  readonly host?: string
  readonly headers?: HeaderList | Readonly<Record<string, string>>
  /** Sent with Content-Length. */
  readonly body?: string | Buffer
  readonly version?: '1.0' | '1.1'
  readonly timeoutMs?: number
}

/** Writes a request as bytes. */
export function requestBytes(target: string, options: RequestOptions = {}): Buffer {
  const { method = 'GET', host = 'flow.test', version = '1.1', body } = options
  const given = options.headers ?? []
  const headers: HeaderList = Array.isArray(given) ? (given as HeaderList) : Object.entries(given)
  const lines = [`${method} ${target} HTTP/${version}`, `Host: ${host}`]
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')])
}

/** Sends one request on a connection of its own and reads the whole response. */
export async function get(port: number, target: string, options: RequestOptions = {}): Promise<RawResponse> {
  const client = await connect(port)
  try {
    client.send(requestBytes(target, options))
    return await client.response(options.method, options.timeoutMs)
  } finally {
    client.destroy()
  }
}

/** Like `get`, but accepts a response that is cut short; see its `complete`. */
export async function getOutcome(
  port: number,
  target: string,
  options: RequestOptions = {},
): Promise<RawResponse> {
  const client = await connect(port)
  try {
    client.send(requestBytes(target, options))
    return await client.outcome(options.method, options.timeoutMs)
  } finally {
    client.destroy()
  }
}

/** A long poll in progress. */
export interface LongPoll {
  readonly client: RawClient
  /** Reads the answer. */
  answer(timeoutMs?: number): Promise<RawResponse>
}

/** Sends a request whose answer is expected later. */
export async function longPoll(
  port: number,
  target: string,
  options: RequestOptions = {},
): Promise<LongPoll> {
  const client = await connect(port)
  client.send(requestBytes(target, options))
  return { client, answer: (timeoutMs) => client.response(options.method, timeoutMs) }
}

/** A response that is read while it goes on. */
export class OpenStream {
  readonly client: RawClient
  readonly head: ResponseHead
  readonly #reader: ResponseReader

  constructor(client: RawClient, reader: ResponseReader) {
    this.client = client
    this.#reader = reader
    this.head = reader.head!
  }

  /** The decoded body received so far. */
  get text(): string {
    this.client.feed(this.#reader)
    return this.#reader.text
  }

  get body(): Buffer {
    this.client.feed(this.#reader)
    return this.#reader.body
  }

  /** Waits until the decoded body so far contains the text; answers the body so far. */
  async until(text: string, timeoutMs?: number): Promise<string> {
    return this.untilBody((body) => body.includes(text), timeoutMs)
  }

  async untilBody(isEnough: (text: string) => boolean, timeoutMs?: number): Promise<string> {
    await this.client.read(this.#reader, () => isEnough(this.text), timeoutMs)
    if (!isEnough(this.text)) throw new Error(`stream ended with ${JSON.stringify(this.text.slice(-500))}`)
    return this.text
  }

  /** Waits until so many bytes of the decoded body have come. */
  async untilLength(bytes: number, timeoutMs?: number): Promise<void> {
    await this.client.read(this.#reader, () => this.#reader.bodyLength >= bytes, timeoutMs)
    if (this.#reader.bodyLength < bytes)
      throw new Error(`stream ended after ${this.#reader.bodyLength} bytes`)
  }

  /** Waits for the end and tells whether it is a clean one: the last chunk, or for HTTP/1.0 the end of the connection. */
  async ended(timeoutMs?: number): Promise<{ complete: boolean; text: string }> {
    await this.client.read(this.#reader, () => false, timeoutMs)
    return { complete: this.#reader.complete, text: this.text }
  }
}

/** Sends a request on a connection of its own and reads the head of its response. */
export async function openStream(
  port: number,
  target: string,
  options: RequestOptions = {},
): Promise<OpenStream> {
  const client = await connect(port)
  client.send(requestBytes(target, options))
  const reader = new ResponseReader(options.method ?? 'GET')
  await client.read(reader, () => reader.head !== undefined, options.timeoutMs)
  return new OpenStream(client, reader)
}
