import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { WebSocketMessageFormat } from '@fanoutio/grip'
import { ServeGrip } from '@fanoutio/serve-grip'
import express from 'express'

/** CommonJS without types. */
const require = createRequire(import.meta.url)
const grip = require('grip')
const faasGrip = require('faas-grip')

/** What the WebSocketContext of each library has; they are of one family. */
export interface SocketContext {
  readonly meta: { nick?: string }
  closeCode: number | null
  isOpening(): boolean
  accept(): void
  subscribe(channel: string): void
  canRecv(): boolean
  /** Null is the client's Close; throws when the client is gone without one. */
  recv(): string | null
  send(text: string): void
  close(code?: number): void
}

/** What a chat needs of the library around it. */
export interface ChatOptions {
  readonly channel: string
  /** Where GRIP publishers publish, and what signs the proxy's requests. */
  readonly controlUri: string
  readonly key: string
  readonly issuer: string
}

type Publish = (text: string) => Promise<unknown>

/** A chat: everybody hears what anybody says, and `/nick NAME` gives the speaker a name. */
async function converse(context: SocketContext, channel: string, publish: Publish): Promise<void> {
  if (context.isOpening()) {
    context.accept()
    context.subscribe(channel)
    context.send('welcome')
  }
  try {
    while (context.canRecv()) await take(context, context.recv(), publish)
  } catch {
    await publish(`${nameOf(context)} was lost`)
  }
}

async function take(context: SocketContext, text: string | null, publish: Publish): Promise<void> {
  if (text === null) {
    await publish(`${nameOf(context)} left with ${context.closeCode}`)
    context.close()
  } else if (text.startsWith('/nick ')) {
    context.meta.nick = text.slice('/nick '.length)
    context.send(`you are ${context.meta.nick}`)
  } else {
    await publish(`${nameOf(context)}: ${text}`)
  }
}

function nameOf({ meta }: SocketContext): string {
  return meta.nick ?? 'somebody'
}

/** The chat as an Express application with @fanoutio/serve-grip. */
export function createServeGripChat({ channel, controlUri, key, issuer }: ChatOptions): express.Express {
  const serveGrip = new ServeGrip({ grip: { control_uri: controlUri, verify_key: key, verify_iss: issuer } })
  const publish = (text: string) =>
    serveGrip.getPublisher().publishFormats(channel, new WebSocketMessageFormat(text))
  const application = express()
  application.use(serveGrip)
  application.post('/serve-grip', async (request, response) => {
    const { wsContext } = request.grip!
    if (wsContext === null) {
      response.status(400).send('not a WebSocket\n')
      return
    }
    await converse(wsContext as unknown as SocketContext, channel, publish)
    response.end()
  })
  return application
}

/** The chat as a function behind AWS's API Gateway with faas-grip, which finds its publisher by GRIP_URL. */
export function createFaasGripChat({ channel }: ChatOptions): ReturnType<typeof createServer> {
  const publish = (text: string) => faasGrip.publish(channel, new grip.WebSocketMessageFormat(text))
  return createServer(async (request, response) => {
    const { method: httpMethod, headers } = request
    const body = Buffer.concat(await request.toArray()).toString('base64')
    const context = faasGrip.lambdaGetWebSocket({ httpMethod, headers, body, isBase64Encoded: true })
    await converse(context, channel, publish)
    const answer = context.toResponse()
    response.writeHead(answer.statusCode, answer.headers).end(Buffer.from(answer.body, 'base64'))
  })
}

/** The chat on the bare helpers of the legacy grip package. */
export function createLegacyGripChat({ channel, controlUri }: ChatOptions): ReturnType<typeof createServer> {
  const pubControl = new grip.GripPubControl({ control_uri: controlUri })
  const publish = (text: string) =>
    new Promise<void>((resolve) =>
      pubControl.publish(
        channel,
        new (require('pubcontrol').Item)(new grip.WebSocketMessageFormat(text)),
        () => resolve(),
      ),
    )
  return createServer(async (request, response) => {
    const events = grip.decodeWebSocketEvents(Buffer.concat(await request.toArray()))
    const { 'connection-id': id, 'meta-nick': nick } = request.headers
    const context = new grip.WebSocketContext(id, nick === undefined ? {} : { nick }, events)
    await converse(context, channel, publish)
    const answers = [...context.outEvents]
    if (context.accepted) answers.unshift(new grip.WebSocketEvent('OPEN'))
    if (context.closed) answers.push(new grip.WebSocketEvent('CLOSE', Buffer.from([0, 0])))
    const headers: Record<string, string> = { 'Content-Type': 'application/websocket-events' }
    if (context.accepted) headers['Sec-WebSocket-Extensions'] = 'grip'
    if (context.meta.nick !== undefined) headers['Set-Meta-Nick'] = context.meta.nick
    response.writeHead(200, headers).end(grip.encodeWebSocketEvents(answers))
  })
}
