/** A client, in short: a WebSocket that asks and waits for the answer, and notes what is pushed to it. */
import WebSocket from 'ws'

const WAIT_LIMIT_MS = 10_000

/**
 * Connects. `ask` sends a message (an object, or text as it is) and answers with its reply, as the centre replies in order; `messages`
 * are those pushed.
 */
export async function connectClient(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/messages`)
  const waiting = []
  const client = { messages: [], ask: undefined, drop: () => socket.terminate() }
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString())
    if (message.op === 'message') client.messages.push(message)
    else waiting.shift()?.(message)
  })
  client.ask = (message) =>
    new Promise((resolve, reject) => {
      const tooLong = setTimeout(() => reject(new Error(`no answer to ${message}`)), WAIT_LIMIT_MS)
      waiting.push((reply) => {
        clearTimeout(tooLong)
        resolve(reply)
      })
      socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return client
}
