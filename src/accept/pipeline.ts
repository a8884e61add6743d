import type { Socket } from 'node:net'
import { breakConnection } from './breakConnection.ts'
import type { ExchangeOwner, HttpExchange } from './httpExchange.ts'

/**
 * Requests of one connection that may wait for the one under way. Who sends more without waiting for an answer loses the connection:
 * to stop reading instead would leave its requests and holds open when it has gone.
 */
export const MAX_WAITING = 100

/** Set on a Socket: its exchange under way and those that wait for it. */
const turnOf = Symbol('turn')

interface Turn {
  current: HttpExchange | undefined
  readonly waiting: HttpExchange[]
  /** What follows the requests taken so far is no request: the connection ends with their last answer. */
  isEnding: boolean
  /** The last request that is processed has been read. */
  isFinished: boolean
  /** What follows the last answer. */
  sequel: (() => void) | undefined
}

interface PipelinedSocket extends Socket {
  [turnOf]?: Turn | undefined
}

/**
 * Lets the requests of one connection through one after another: a pipelined request is not forwarded before the one
 * before it is answered. The connection is read all the while, because that is what notices that the client leaves.
 */
export class Pipeline implements ExchangeOwner {
  readonly #begin: (exchange: HttpExchange) => void
  readonly #idle: (connection: Socket) => void
  /** Connections that exchanges have taken over, and that `node:http` therefore knows no more. */
  readonly #detached = new Set<Socket>()
  readonly #onDetachedClose: (this: Socket) => void
  /** Connections that `node:http` serves. */
  readonly #served = new Set<Socket>()
  readonly #onServedClose: (this: Socket) => void

  /** `begin` lets an exchange through; `idle` hears of a connection whose requests are all answered. */
  constructor(begin: (exchange: HttpExchange) => void, idle: (connection: Socket) => void) {
    this.#begin = begin
    this.#idle = idle
    const detached = this.#detached
    // One function for all: it costs nothing a connection.
    this.#onDetachedClose = function () {
      detached.delete(this)
    }
    const served = this.#served
    this.#onServedClose = function () {
      served.delete(this)
    }
  }

  /** A connection begins. One whose protocol was not changed in the end comes again. */
  opened(connection: Socket): void {
    if (this.#served.has(connection)) return
    this.#served.add(connection)
    connection.on('close', this.#onServedClose)
  }

  /** Someone else has the connection from now on. */
  handOver(connection: Socket): void {
    this.#served.delete(connection)
    connection.off('close', this.#onServedClose)
  }

  /**
   * Ends the connections that owe no answer, also those that have sent a part of a head. The others end with the last answer that they
   * owe, which says so if it has not begun. `keepsFresh` spares those that have not had a request yet: a client that has just
   * connected is about to send one, and cannot know that nobody waits for it.
   */
  endUnused({ keepsFresh }: { readonly keepsFresh: boolean }): void {
    for (const connection of this.#served) {
      if (keepsFresh && (connection as PipelinedSocket)[turnOf] === undefined) continue
      if (this.isBusy(connection)) {
        lastOf(turnFor(connection))?.closeAfter()
        continue
      }
      // The end of an answer may not be written yet.
      if (connection.writableLength > 0) connection.end()
      else connection.destroy()
    }
  }

  /** No request is processed behind those that were taken. */
  finish(connection: Socket): void {
    turnFor(connection).isFinished = true
  }

  /** True when nothing that comes on that connection is looked at any more. */
  isFinished(connection: Socket): boolean {
    return (connection as PipelinedSocket)[turnOf]?.isFinished ?? false
  }

  take(exchange: HttpExchange, connection: Socket): void {
    // What the parser had at hand when the connection was broken.
    if (connection.destroyed) return
    const socket = connection as PipelinedSocket
    const turn = turnFor(socket)
    if (turn.isFinished) return
    if (turn.current === undefined) {
      turn.current = exchange
      this.#start(exchange)
      return
    }
    turn.waiting.push(exchange)
    if (turn.waiting.length > MAX_WAITING) {
      turn.waiting.length = 0
      breakConnection(socket)
    }
  }

  /** True while a request of that connection is not answered. */
  isBusy(connection: Socket): boolean {
    return (connection as PipelinedSocket)[turnOf]?.current !== undefined
  }

  /** True while an answer is on its way on that connection: other bytes would be read as part of it. */
  isAnswering(connection: Socket): boolean {
    return (connection as PipelinedSocket)[turnOf]?.current?.started ?? false
  }

  /**
   * Lets the connection end after the answers that are owed, because what was sent behind their requests cannot be parsed.
   * False when none is owed, or when it is the current request itself that cannot be parsed.
   */
  endAfterAnswers(connection: Socket): boolean {
    const turn = (connection as PipelinedSocket)[turnOf]
    if (turn?.current?.incoming.complete !== true) return false
    turn.isEnding = true
    lastOf(turn)?.closeAfter()
    return true
  }

  /** Calls `then` when the answers owed on that connection are written; never when the connection does not outlive them. */
  afterAnswers(connection: Socket, then: () => void): void {
    turnFor(connection).sequel = then
  }

  /** Lets the answer under way go on, on a connection that `node:http` no longer listens to. */
  drained(connection: Socket): void {
    ;(connection as PipelinedSocket)[turnOf]?.current?.outgoing.emit('drain')
  }

  onExchangeDetached(connection: Socket): void {
    ;(connection as PipelinedSocket)[turnOf] = undefined
    this.handOver(connection)
    this.#detached.add(connection)
    connection.on('close', this.#onDetachedClose)
  }

  /** All that are open: those that `node:http` serves, and those that were taken over. */
  *connections(): IterableIterator<Socket> {
    yield* this.#served
    yield* this.#detached
  }

  /** Breaks the connections that were taken over and are still open. */
  breakDetached(): void {
    for (const connection of this.#detached) breakConnection(connection)
  }

  /** The turn stays taken, so that a request which is still read before the connection ends waits for ever, too. */
  onLastExchangeDone(connection: Socket): void {
    const turn = (connection as PipelinedSocket)[turnOf]
    if (turn !== undefined) turn.waiting.length = 0
  }

  onExchangeDone(connection: Socket): void {
    const turn = (connection as PipelinedSocket)[turnOf]
    if (turn === undefined) return
    const last = turn.current
    const next = turn.waiting.shift()
    turn.current = next
    if (next === undefined) {
      if (turn.sequel !== undefined && last !== undefined) followUp(turn, last)
      else if (turn.isEnding) connection.end()
      else this.#idle(connection)
      return
    }
    // Not at once: a long run of pipelined requests that are answered on the spot must not grow the stack.
    setImmediate(this.#start, next)
  }

  /**
   * Begins an exchange when `node:http` has written the answer before it and gives it the connection: before that it could not
   * be held, and would not hear that the client has left.
   */
  readonly #start = (exchange: HttpExchange): void => {
    const { outgoing, incoming } = exchange
    if (incoming.socket.destroyed) return
    if (outgoing.socket === null) outgoing.once('socket', () => setImmediate(this.#start, exchange))
    else this.#begin(exchange)
  }
}

/** The exchange whose answer comes last of those taken, as long as that has not begun. */
function lastOf({ waiting, current }: Turn): HttpExchange | undefined {
  const last = waiting.at(-1) ?? current
  return last?.started === true ? undefined : last
}

function turnFor(socket: PipelinedSocket): Turn {
  socket[turnOf] ??= {
    current: undefined,
    waiting: [],
    isEnding: false,
    isFinished: false,
    sequel: undefined,
  }
  return socket[turnOf]
}

/** `node:http` lets go of the connection when it has written the last answer. */
function followUp(turn: Turn, last: HttpExchange): void {
  const { sequel } = turn
  turn.sequel = undefined
  const follow = (): void => {
    if (!last.incoming.socket.destroyed) sequel?.()
  }
  if (last.outgoing.writableFinished) setImmediate(follow)
  else last.outgoing.once('finish', () => setImmediate(follow))
}
