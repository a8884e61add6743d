/** Publishes over one keep-alive connection with one call under way; calls beyond that wait in order. */
import { ResponseReader } from './responseReader.mjs'
import { openSocket } from './sockets.mjs'

/** One publisher. It connects again where the server closes after each answer, as Pushpin does. */
export class Publisher {
  /** Calls that were not answered with 2xx. */
  errors = 0
  /** Called whenever `free` may have become true. */
  onFree = () => {}
  #port
  #style
  #socket
  #reader
  #ready = false
  #call
  #queue = []

  /** `style` is `items` (JSON items as GRIP publishers send them) or `raw` (the payload alone, channel in the path). */
  constructor({ port, style }) {
    this.#port = port
    this.#style = style
    this.#dial()
  }

  /** Whether a call made now would be written at once. */
  get free() {
    return this.#ready && this.#call === undefined && this.#queue.length === 0
  }

  /** Sends `payload` as an SSE event to the streams of `channel`; `onSent(now)` hears when it is written. */
  stream(channel, payload, onSent) {
    if (this.#style === 'raw') this.#enqueue('POST', `/pub?c=${channel}`, payload, onSent)
    else this.#items(channel, { 'http-stream': { content: `data: ${payload}\n\n` } }, onSent)
  }

  /** Sends `payload` as a message to the WebSockets of `channel`. */
  message(channel, payload, onSent) {
    if (this.#style === 'raw') this.#enqueue('POST', `/pub?c=${channel}`, payload, onSent)
    else this.#items(channel, { 'ws-message': { content: payload } }, onSent)
  }

  /** Answers the long polls of `channel` with `payload`. */
  response(channel, payload, onSent) {
    if (this.#style === 'raw') this.#enqueue('POST', `/pub?c=${channel}`, payload, onSent)
    else this.#items(channel, { 'http-response': { body: `${payload}\n` } }, onSent)
  }

  /** Ends the streams of `channel`. */
  close(channel) {
    this.#items(channel, { 'http-stream': { action: 'close' } })
  }

  connected() {
    this.#ready = true
    this.#next()
  }

  read(buffer, length) {
    this.#reader.feed(buffer, length)
  }

  closed() {
    this.#reader.closed()
    if (this.#call !== undefined) this.#answered(0)
    this.#dial()
  }

  #items(channel, formats, onSent) {
    this.#enqueue('POST', '/publish/', JSON.stringify({ items: [{ channel, formats }] }), onSent)
  }

  #enqueue(method, path, body, onSent) {
    const type = this.#style === 'raw' ? 'text/plain' : 'application/json'
    const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nContent-Type: ${type}\r\n`
    this.#queue.push({ request: `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, onSent })
    this.#next()
  }

  #next() {
    if (!this.#ready || this.#call !== undefined) return
    this.#call = this.#queue.shift()
    if (this.#call === undefined) return this.onFree()
    this.#call.onSent?.(performance.now())
    this.#socket.write(this.#call.request)
  }

  #dial() {
    this.#ready = false
    this.#reader = new ResponseReader(() => this.#answered(this.#reader.status))
    this.#socket = openSocket(this.#port, this)
  }

  #answered(status) {
    this.#call = undefined
    if (status < 200 || status > 299) this.errors++
    if (this.#reader.keepAlive) return this.#next()
    this.#ready = false
    this.#socket.end()
  }
}
