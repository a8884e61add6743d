import type { Socket } from 'node:net'
import type { ControlAnswer } from './controlAnswer.ts'

/** Requests of one connection that may wait for the bus; above it the connection is not read. */
const MAX_RUNNING = 100

/** Set on a Socket. */
const connectionOf = Symbol('controlConnection')

interface ControlSocket extends Socket {
  [connectionOf]?: ControlConnection
}

/** What a connection wants to know of its last request. */
export interface LastRequest {
  /** True when the answer is on its way whole. */
  readonly isWritten: boolean
  /**
   * Nothing more can be read from the connection: answers the fault if it lies in this request, else calls back when
   * this request is answered.
   */
  breakConnection(fault: ControlAnswer, refuse: () => void): void
}

/** What the requests of one connection share: a publisher may send many before the first is answered. */
export class ControlConnection {
  /** The request that came last. */
  last: LastRequest | undefined
  readonly #socket: Socket
  #running = 0
  /** Settles when all earlier requests were admitted or refused; undefined when none waits for that. */
  #admissions: Promise<void> | undefined

  /** Returns the one of a socket; the first call makes it. */
  static on(socket: ControlSocket): ControlConnection {
    socket[connectionOf] ??= new ControlConnection(socket)
    return socket[connectionOf]
  }

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Closes the connection unless an answer is due on it. */
  closeIfIdle(): void {
    if (this.last === undefined || this.last.isWritten) this.#socket.destroy()
  }

  /**
   * Goes on with a value: at once when it is there and no earlier request of the connection waits, else after them.
   * Promises given must not reject.
   */
  inOrder<T>(value: T | Promise<T>, next: (value: T) => void): void {
    if (this.#admissions === undefined && !(value instanceof Promise)) {
      next(value)
      return
    }
    this.beginRun()
    const admission = Promise.all([value, this.#admissions]).then(([known]) => {
      this.endRun()
      if (this.#admissions === admission) this.#admissions = undefined
      next(known)
    })
    this.#admissions = admission
  }

  /** A request begins to wait for its verb. What one read brought still comes: some hundreds at most. */
  beginRun(): void {
    if (++this.#running === MAX_RUNNING) this.#socket.pause()
  }

  /** A verb has answered. */
  endRun(): void {
    if (this.#running-- === MAX_RUNNING) this.#socket.resume()
  }
}
