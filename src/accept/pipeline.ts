import type { Socket } from 'node:net'
import type { ExchangeOwner, HttpExchange } from './httpExchange.ts'

/** Set on a Socket: its exchange under way and those that wait for it. */
const turnOf = Symbol('turn')

interface Turn {
  current: HttpExchange | undefined
  readonly waiting: HttpExchange[]
}

interface PipelinedSocket extends Socket {
  [turnOf]?: Turn | undefined
}

/**
 * Lets the requests of one connection through one after another: a pipelined request is not forwarded before the one
 * before it is answered. While one waits, its connection is not read, so at most one read's worth can wait.
 */
export class Pipeline implements ExchangeOwner {
  readonly #begin: (exchange: HttpExchange) => void
  readonly #idle: (connection: Socket) => void

  /** `begin` lets an exchange through; `idle` hears of a connection whose requests are all answered. */
  constructor(begin: (exchange: HttpExchange) => void, idle: (connection: Socket) => void) {
    this.#begin = begin
    this.#idle = idle
  }

  take(exchange: HttpExchange, connection: Socket): void {
    const socket = connection as PipelinedSocket
    socket[turnOf] ??= { current: undefined, waiting: [] }
    const turn = socket[turnOf]
    if (turn.current !== undefined) {
      turn.waiting.push(exchange)
      socket.pause()
      return
    }
    turn.current = exchange
    this.#begin(exchange)
  }

  /** True while a request of that connection is not answered. */
  isBusy(connection: Socket): boolean {
    return (connection as PipelinedSocket)[turnOf]?.current !== undefined
  }

  /** True while an answer is on its way on that connection: other bytes would be read as part of it. */
  isAnswering(connection: Socket): boolean {
    return (connection as PipelinedSocket)[turnOf]?.current?.started ?? false
  }

  onExchangeDetached(connection: Socket): void {
    ;(connection as PipelinedSocket)[turnOf] = undefined
  }

  /** The turn stays taken, so that a request which is still read before the connection ends waits for ever, too. */
  onLastExchangeDone(connection: Socket): void {
    const turn = (connection as PipelinedSocket)[turnOf]
    if (turn !== undefined) turn.waiting.length = 0
  }

  onExchangeDone(connection: Socket): void {
    const turn = (connection as PipelinedSocket)[turnOf]
    if (turn === undefined) return
    const next = turn.waiting.shift()
    turn.current = next
    if (next === undefined) {
      this.#idle(connection)
      return
    }
    if (turn.waiting.length === 0) connection.resume()
    // Not at once: a long run of pipelined requests that are answered on the spot must not grow the stack.
    setImmediate(this.#begin, next)
  }
}
