import { randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import { decodeData, encodeData } from '../workers/frameData.ts'
import type { PartDirectory } from '../workers/mergedDirectory.ts'
import { NODE_ID_BYTES } from './itemMessage.ts'
import type { LinkWatcher, NatsLink } from './natsLink.ts'
import { NodeDirectory } from './nodeDirectory.ts'

/** How often a node says that it is there, and after how long without a word it is gone. */
const HELLO_MS = 1000
const GONE_AFTER_MS = 4000
/** How long another node's answer is waited for; one that is gone is known at once. */
const ASK_TIMEOUT_MS = 2000
/** A node that has fallen silent is spoken of for a while, so that people see which one: so long, and so many at most. */
const FORGET_AFTER_MS = 600_000
const MAX_SILENT = 16

/** Answers the questions of other nodes by their names. */
export type AnswerNode = (question: string, argument: unknown) => Promise<unknown>

/** How a node talks with the others. */
export interface NodesOptions {
  readonly link: NatsLink
  readonly prefix: string
  /** What people call this node. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
  readonly answer: AnswerNode
  /** Another node says that items may have been lost. */
  readonly onRecover: () => void
}

/** Another node. */
export interface Peer {
  readonly id: string
  readonly name: string
  readonly directory: PartDirectory
  state: 'there' | 'silent'
  lastHeardMs: number
}

/** Who speaks. */
interface Speaker {
  readonly id: string
  readonly name: string
}

/** What is said to all nodes. */
interface Word extends Speaker {
  readonly kind: 'hello' | 'bye' | 'recover'
}

interface Question {
  readonly question: string
  readonly argument: unknown
}

interface Answer {
  readonly answer: unknown
  readonly fault: string | undefined
}

/**
 * The other nodes of the cluster: each says every second that it is there, and answers questions on a subject of its own.
 *
 *     a node: unknown --hello--> there --not heard, or the link is down--> silent --hello--> there
 *             there, silent --bye--> unknown
 *             silent --for long, or it has come back under another id--> unknown
 */
export class Nodes implements LinkWatcher {
  readonly id = randomBytes(NODE_ID_BYTES).toString('hex')
  readonly #options: NodesOptions
  /** A node keeps its place while it is known, for cursors point to places. */
  readonly #seats: (Peer | undefined)[] = []
  readonly #ticking: Timer

  constructor(options: NodesOptions) {
    this.#options = options
    const { link, clock } = options
    link.subscribe(this.#everyone, ({ data }) => this.#onWord(data))
    link.subscribe(this.#subjectOf(this.id), ({ data, reply }) => void this.#onQuestion(data, reply))
    link.watch(this)
    this.#ticking = clock.every(HELLO_MS, () => this.#tick(clock.now()))
  }

  /** The other nodes that are there. */
  get peers(): readonly Peer[] {
    return this.known.filter(({ state }) => state === 'there')
  }

  /** The other nodes, also those that have fallen silent. */
  get known(): readonly Peer[] {
    return this.#seats.filter((peer) => peer !== undefined)
  }

  /** The known nodes, with gaps where some were. */
  get seats(): readonly (Peer | undefined)[] {
    return this.#seats
  }

  /** Asks a node something. Rejects with BUS_UNAVAILABLE when it does not answer, or says why it cannot. */
  async ask(id: string, question: string, argument: unknown): Promise<unknown> {
    const content = encodeData({ question, argument } satisfies Question)
    const message = await this.#options.link.ask(this.#subjectOf(id), content, { timeoutMs: ASK_TIMEOUT_MS })
    const { answer, fault } = decodeData<Answer>(Buffer.from(message.data))
    if (fault !== undefined) throw new HoldfastError('BUS_UNAVAILABLE', `another node: ${fault}`)
    return answer
  }

  /** Tells all other nodes that items may have been lost. */
  recover(): void {
    this.#say('recover')
  }

  linkUp(): void {
    this.#say('hello')
  }

  linkDown(): void {
    for (const peer of this.peers) peer.state = 'silent'
  }

  close(): void {
    this.#ticking.cancel()
    this.#say('bye')
  }

  get #self(): Speaker {
    return { id: this.id, name: this.#options.name }
  }

  get #everyone(): string {
    return `${this.#options.prefix}.nodes`
  }

  #subjectOf(id: string): string {
    return `${this.#options.prefix}.node.${id}`
  }

  #say(kind: Word['kind']): void {
    this.#send(this.#everyone, encodeData({ kind, ...this.#self } satisfies Word))
  }

  /** Nobody waits for it: what cannot be sent is told by the log, and answered false. */
  #send(subject: string, content: Uint8Array): boolean {
    const { link, log } = this.#options
    if (!link.isUp) return false
    try {
      link.send(subject, content)
      return true
    } catch (error) {
      log.error(`other nodes cannot be told: ${(error as Error).message}`)
      return false
    }
  }

  #tick(nowMs: number): void {
    this.#say('hello')
    for (const peer of this.peers) {
      if (nowMs - peer.lastHeardMs > GONE_AFTER_MS) this.#silence(peer)
    }
    const silent = this.known.filter(({ state }) => state === 'silent')
    silent.sort((a, b) => b.lastHeardMs - a.lastHeardMs)
    for (const [i, peer] of silent.entries()) {
      if (i >= MAX_SILENT || nowMs - peer.lastHeardMs > FORGET_AFTER_MS) this.#forget(peer.id)
    }
  }

  #silence(peer: Peer): void {
    peer.state = 'silent'
    this.#options.log.info(`node ${peer.id} has fallen silent`)
  }

  #onWord(content: Uint8Array): void {
    const word = this.#parse<Word>(content)
    if (word === undefined || word.id === this.id) return
    switch (word.kind) {
      case 'hello':
        if (this.#hear(word)) this.#greet(word.id)
        break
      case 'bye':
        if (this.#forget(word.id)) this.#options.log.info(`node ${word.id} leaves`)
        break
      case 'recover':
        this.#options.onRecover()
        break
    }
  }

  /** Notes that the node is there; true when it was not. */
  #hear({ id, name }: Speaker): boolean {
    const { clock, log } = this.#options
    const known = this.known.find((peer) => peer.id === id) ?? this.#seat({ id, name })
    const wasThere = known.state === 'there'
    known.state = 'there'
    known.lastHeardMs = clock.now()
    if (!wasThere) log.info(`node ${id} is there`)
    return !wasThere
  }

  /** Gives a new node a place. One that was started again takes that of the silent one whose name it has. */
  #seat({ id, name }: Speaker): Peer {
    const former = this.known.find((peer) => peer.state === 'silent' && peer.name === name)
    if (former !== undefined) this.#forget(former.id)
    const directory = new NodeDirectory(
      {
        name,
        isThere: () => peer.state === 'there',
        ask: (question, argument) => this.ask(id, question, argument),
      },
      this.#options.log,
    )
    const peer: Peer = { id, name, directory, state: 'silent', lastHeardMs: 0 }
    const free = this.#seats.indexOf(undefined)
    this.#seats[free < 0 ? this.#seats.length : free] = peer
    return peer
  }

  /** Lets a new node know of this one now and not in a second. */
  #greet(id: string): void {
    const hello: Question = { question: HELLO, argument: this.#self }
    this.#send(this.#subjectOf(id), encodeData(hello))
  }

  /** False when there was nothing to forget. */
  #forget(id: string): boolean {
    const seat = this.#seats.findIndex((peer) => peer?.id === id)
    if (seat >= 0) this.#seats[seat] = undefined
    return seat >= 0
  }

  async #onQuestion(content: Uint8Array, reply: string | undefined): Promise<void> {
    const asked = this.#parse<Question>(content)
    if (asked === undefined) return
    if (asked.question === HELLO) {
      this.#hear(asked.argument as Speaker)
      return
    }
    const answer = encodeData(await this.#answerTo(asked))
    if (reply === undefined || this.#send(reply, answer)) return
    this.#send(reply, encodeData({ answer: undefined, fault: 'its answer is too long' } satisfies Answer))
  }

  async #answerTo({ question, argument }: Question): Promise<Answer> {
    try {
      return { answer: await this.#options.answer(question, argument), fault: undefined }
    } catch (error) {
      return { answer: undefined, fault: error instanceof Error ? error.message : String(error) }
    }
  }

  #parse<T>(content: Uint8Array): T | undefined {
    try {
      return decodeData<T>(Buffer.from(content))
    } catch (error) {
      this.#options.log.error(`what a node says cannot be read: ${(error as Error).message}`)
      return undefined
    }
  }
}

const HELLO = 'hello'
