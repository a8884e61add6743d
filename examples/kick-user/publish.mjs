/** The two things that an application says to holdfast's control port: here is an item, and close this channel. */
import { Agent, request } from 'node:http'
import { privateChannel, SHARED_CHANNEL } from './origin.mjs'

/**
 * Creates a publisher that keeps its connections to the control port open. Items keep their order within one connection,
 * so what goes to everybody has one of its own; kicks need no order and share a few.
 */
export function createPublisher(port) {
  const [ordered, unordered] = [1, 8].map((maxSockets) => new Agent({ keepAlive: true, maxSockets }))
  return {
    /** Sends item `number` to everybody in the conversation. */
    share: (number) => {
      const content = `event: message\ndata: {"number":${number}}\n\n`
      const item = { channel: SHARED_CHANNEL, formats: { 'http-stream': { content } } }
      return post([item], { port, agent: ordered })
    },
    /** Closes the private channel of one user: every connection on it ends, nobody else's does. */
    kick: (user) => post([{ channel: privateChannel(user), action: 'close' }], { port, agent: unordered }),
    close: () => {
      ordered.destroy()
      unordered.destroy()
    },
  }
}

function post(items, { port, agent }) {
  const body = JSON.stringify({ items })
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, agent, method: 'POST', path: '/publish/', headers },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        answer.once('end', () =>
          answer.statusCode === 200
            ? resolve()
            : reject(new Error(`publish: ${answer.statusCode} ${text.trim()}`)),
        )
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}
