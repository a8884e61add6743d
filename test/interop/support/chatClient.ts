import type { Page } from 'playwright-core'
import { eventually } from '../../support/waiting.ts'

/** Somebody in a chat, whatever WebSocket they have. */
export interface ChatClient {
  say(text: string): Promise<void> | void
  /** What was heard so far. */
  heard(): Promise<string[]> | string[]
  close(code: number): Promise<void> | void
  /** How the connection ended; undefined while it has not. */
  ended(): Promise<ChatEnd | undefined> | ChatEnd | undefined
}

export interface ChatEnd {
  readonly code: number
  readonly wasClean: boolean
}

/** The part of the WHATWG's WebSocket that a chat needs; `ws` has it, too. */
interface StandardSocket {
  onmessage: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
  send(text: string): void
  close(code?: number): void
}

/**
 * Node's own WebSocket, which it has from version 22 on, or that of undici, where it has it from. Node's fetch is loaded before
 * undici is: else undici takes its sending over, and refuses the Content-Length that @fanoutio/grip sets.
 */
export async function loadStandardWebSocket(): Promise<new (url: string) => StandardSocket> {
  const { Response: loaded, WebSocket: own } = globalThis as Record<string, any>
  return own ?? (loaded && (await import('undici')).WebSocket)
}

/** A client on a class of WebSockets. */
export class SocketChatClient implements ChatClient {
  readonly socket: StandardSocket
  readonly #heard: string[] = []
  #ended: ChatEnd | undefined

  constructor(socket: StandardSocket) {
    this.socket = socket
    socket.onmessage = ({ data }: { data: unknown }) => void this.#heard.push(String(data))
    socket.onclose = ({ code, wasClean }: ChatEnd) => {
      this.#ended = { code, wasClean }
    }
    socket.onerror = () => {}
  }

  say(text: string): void {
    this.socket.send(text)
  }

  heard(): string[] {
    return this.#heard
  }

  close(code: number): void {
    this.socket.close(code)
  }

  ended(): ChatEnd | undefined {
    return this.#ended
  }
}

/** A client in a browser's page. */
export class PageChatClient implements ChatClient {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Opens the WebSocket in the page. */
  static async open(page: Page, url: string): Promise<PageChatClient> {
    await page.evaluate(`
      window.heard = []
      window.socket = new WebSocket(${JSON.stringify(url)})
      socket.onmessage = ({ data }) => heard.push(data)
      socket.onclose = ({ code, wasClean }) => { window.ended = { code, wasClean } }
    `)
    return new PageChatClient(page)
  }

  say(text: string): Promise<void> {
    return this.#page.evaluate(`socket.send(${JSON.stringify(text)})`)
  }

  heard(): Promise<string[]> {
    return this.#page.evaluate('heard')
  }

  close(code: number): Promise<void> {
    return this.#page.evaluate(`socket.close(${code})`)
  }

  ended(): Promise<ChatEnd | undefined> {
    return this.#page.evaluate('window.ended')
  }
}

/** Waits until a client has heard exactly this. */
export async function hears(client: ChatClient, ...texts: readonly string[]): Promise<void> {
  let heard: readonly string[] = []
  try {
    await eventually('', async () => {
      heard = await client.heard()
      return JSON.stringify(heard) === JSON.stringify(texts)
    })
  } catch {
    throw new Error(`a client was to hear ${JSON.stringify(texts)}, but heard ${JSON.stringify(heard)}`)
  }
}

/** Waits for the end of a client's connection. */
export function end(client: ChatClient): Promise<ChatEnd> {
  return eventually('the end of the connection', () => client.ended())
}
