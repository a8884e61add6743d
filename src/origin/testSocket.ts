import type { LocalAcceptance } from '../edges/originSocket.ts'
import type { MessageSocket, MessageSocketOwner, MessageType } from '../edges/socket.ts'
import { headerTokens } from '../util/headers.ts'
import type { LocalRequest } from '../util/localAnswer.ts'

/** What marks messages for the client, and those for the proxy. GRIP: the `grip` extension. */
const MESSAGE_PREFIX = Buffer.from('m:')
const CONTROL_PREFIX = 'c:'

/**
 * Accepts a WebSocket, with GRIP when that is offered, subscribes it to the channels and sends all that comes back to where it
 * came from. Pushpin: the `test` target.
 */
export function acceptEcho({ headers }: LocalRequest, channels: readonly string[]): LocalAcceptance {
  const hasGrip = headerTokens(headers, 'sec-websocket-extensions').includes('grip')
  return {
    headers: hasGrip ? ['Sec-WebSocket-Extensions', 'grip'] : [],
    onOpen(socket) {
      socket.owner = new Echo(socket, hasGrip)
      if (hasGrip) for (const channel of channels) socket.send('text', subscribeMessage(channel))
    },
  }
}

class Echo implements MessageSocketOwner {
  readonly #socket: MessageSocket
  readonly #hasGrip: boolean

  constructor(socket: MessageSocket, hasGrip: boolean) {
    this.#socket = socket
    this.#hasGrip = hasGrip
  }

  onMessage(type: MessageType, content: Buffer): void {
    const isData = type === 'text' || type === 'binary'
    this.#socket.send(type, isData && this.#hasGrip ? Buffer.concat([MESSAGE_PREFIX, content]) : content)
  }

  onClose(code: number | undefined, reason: string): void {
    this.#socket.close(code, reason)
  }

  onGone(): void {}

  onDrain(): void {}
}

function subscribeMessage(channel: string): Buffer {
  return Buffer.from(`${CONTROL_PREFIX}${JSON.stringify({ type: 'subscribe', channel })}`)
}
