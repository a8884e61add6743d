/** Clients that ask for a stream, or a WebSocket, and keep it: filling up, watching what arrives, noticing the end. */
import { MarkerScanner } from './marker.mjs'
import { openSocket } from './sockets.mjs'

const State = { connecting: 0, waiting: 1, held: 2, closed: 3 }
const MAX_HEAD_BYTES = 16_384
const SWEEP_MS = 250

/**
 * What is asked for. A WebSocket is held when its 101 has arrived; its frames are not parsed, as nothing in them but payloads looks
 * like one, and pings stay unanswered: a run is over before anybody minds.
 */
export const protocols = {
  stream: {
    path: (channel) => `/stream?c=${channel}`,
    fields: 'Accept: text/event-stream\r\n',
    heldStatus: ' 200 ',
    hasEnd: endsWithLastChunk,
  },
  socket: {
    path: (channel) => `/socket?c=${channel}`,
    fields:
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    heldStatus: ' 101 ',
    hasEnd: () => false,
  },
}

/** One client on one stream. It is held when the head of the wanted answer has arrived. */
class StreamClient {
  state = State.connecting
  startedAt = performance.now()
  #head = ''
  #scanner
  #group
  #onNumber

  constructor(group, index) {
    this.index = index
    this.#group = group
    this.#scanner = new MarkerScanner(group.payloadBytes)
    this.#onNumber = (number) => group.onNumber(index, number)
    this.socket = openSocket(group.port, this)
  }

  connected() {
    this.state = State.waiting
    this.socket.write(this.#group.requestOf(this.index))
  }

  read(buffer, length) {
    const start = this.state === State.held ? 0 : this.#readHead(buffer, length)
    if (this.state !== State.held) return
    this.#scanner.scan(buffer, start, length, this.#onNumber)
    if (!this.#group.protocol.hasEnd(buffer, length)) return
    this.socket.destroy()
    this.closed()
  }

  closed() {
    if (this.state === State.closed) return
    const before = this.state
    this.state = State.closed
    if (before === State.held) this.#group.ended(this)
    else this.#group.settled(this, 'refused')
  }

  /** Ends the connection from our side, counted as `outcome` when it was not held yet. */
  abandon(outcome) {
    const before = this.state
    this.state = State.closed
    this.socket.destroy()
    if (before !== State.held && before !== State.closed) this.#group.settled(this, outcome)
  }

  #readHead(buffer, length) {
    const had = this.#head.length
    this.#head += buffer.latin1Slice(0, Math.min(length, MAX_HEAD_BYTES))
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return length
    const good = this.#head.slice(8, 13) === this.#group.protocol.heldStatus
    this.#head = ''
    if (good) {
      this.state = State.held
      this.#group.settled(this, 'held')
    } else {
      this.abandon('bad')
    }
    return end + 4 - had
  }
}

/** A fixed number of stream clients on one server. */
export class StreamClients {
  /** What became of the connects so far. `ended` streams had been held. */
  counts = { held: 0, hung: 0, bad: 0, refused: 0, untried: 0, ended: 0 }
  clients = []
  #underWay = 0
  #settledOne = () => {}

  /**
   * `pathOf(index)` is the request path of a client; `onNumber(index, number)` hears of each payload;
   * `onEnded(index)` of each held stream that the server ended.
   */
  constructor({
    port,
    pathOf,
    payloadBytes,
    protocol = protocols.stream,
    onNumber = () => {},
    onEnded = () => {},
  }) {
    this.port = port
    this.protocol = protocol
    this.payloadBytes = payloadBytes
    this.onNumber = onNumber
    this.onEnded = onEnded
    const head = `Host: 127.0.0.1:${port}\r\n${protocol.fields}\r\n`
    this.requestOf = (index) => `GET ${pathOf(index)} HTTP/1.1\r\n${head}`
  }

  /**
   * Connects `count` clients with at most `inflight` of them not yet held, and resolves with the seconds it took.
   * One that is not held within `connectTimeoutMs` is `hung`; what `deadlineMs` leaves over is `untried`.
   */
  async fill({ count, inflight, connectTimeoutMs = 10_000, deadlineMs = 60_000 }) {
    const start = performance.now()
    const sweep = setInterval(() => this.#sweep(connectTimeoutMs), SWEEP_MS)
    await new Promise((resolve) => {
      this.#settledOne = () => {
        const late = performance.now() - start > deadlineMs
        while (!late && this.clients.length < count && this.#underWay < inflight)
          this.open(this.clients.length)
        if (this.#underWay === 0 && (late || this.clients.length === count)) resolve()
      }
      this.#settledOne()
    })
    clearInterval(sweep)
    this.#settledOne = () => {}
    this.counts.untried = count - this.clients.length
    return (performance.now() - start) / 1000
  }

  /** Connects the client of `index`, the first time or once more after its stream has ended. */
  open(index) {
    this.#underWay++
    this.clients[index] = new StreamClient(this, index)
  }

  /** Whether the client of `index` has a stream at this moment. */
  isHeld(index) {
    return this.clients[index].state === State.held
  }

  /** Called by a client when its connect has come to an end, good or bad. */
  settled(client, outcome) {
    this.#underWay--
    this.counts[outcome]++
    this.#settledOne(client)
  }

  /** Called by a client whose held stream was ended by the server. */
  ended(client) {
    this.counts.ended++
    this.onEnded(client.index)
  }

  #sweep(connectTimeoutMs) {
    const now = performance.now()
    for (const client of this.clients) {
      const pending = client.state === State.connecting || client.state === State.waiting
      if (pending && now - client.startedAt > connectTimeoutMs) client.abandon('hung')
    }
  }
}

/** A chunked stream that ends keeps its connection: only the last chunk tells. No payload ends with a `0` line. */
function endsWithLastChunk(buffer, length) {
  return (
    length >= 5 &&
    buffer[length - 5] === 0x30 &&
    buffer[length - 4] === 0x0d &&
    buffer[length - 3] === 0x0a &&
    buffer[length - 2] === 0x0d &&
    buffer[length - 1] === 0x0a
  )
}
