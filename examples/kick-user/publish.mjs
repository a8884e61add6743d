/** The two things that an application says to holdfast's control port: here is an item, and close this channel. */
import { Agent, request } from 'node:http'
import { privateChannel, SHARED_CHANNEL } from './origin.mjs'

/** Creates a publisher that keeps a few connections to the control port open. */
export function createPublisher(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  return {
    /** Sends item `number` to everybody in the conversation. */
    share: (number) => {
      const content = `event: message\ndata: {"number":${number}}\n\n`
      return post([{ channel: SHARED_CHANNEL, formats: { 'http-stream': { content } } }], { port, agent })
    },
    /** Closes the private channel of one user: every connection on it ends, nobody else's does. */
    kick: (user) => post([{ channel: privateChannel(user), action: 'close' }], { port, agent }),
    close: () => agent.destroy(),
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
