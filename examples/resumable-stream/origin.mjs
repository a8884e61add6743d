/**
 * The application: a model writes an answer token by token, and every reader follows it. The origin keeps no connection
 * and knows no reader. It publishes each token with its id and that of the one before; a reader that comes back says with
 * Last-Event-ID which one it has, and the origin hands that on as prev-id: holdfast sends what followed.
 */
import { createServer } from 'node:http'

export const CHANNEL = 'answer-1'
/** What a reader has that has no token yet; ids count from 1. */
const NOTHING = '0'

/** A token as an event of a text/event-stream. */
export function eventOf(id, token) {
  return `id: ${id}\ndata: ${JSON.stringify(token)}\n\n`
}

/** Starts the origin on a free port of the loopback interface. `tokens` is all that was said so far; it grows. */
export async function startOrigin(tokens) {
  const origin = { asked: 0, askedAgain: 0, server: undefined }
  origin.server = createServer((request, response) => {
    const heard = request.headers['last-event-id'] ?? NOTHING
    // Asked again: holdfast no longer has what follows. An application has it, as here, in its database.
    const unknown = request.headers['grip-last']
    origin[unknown === undefined ? 'asked' : 'askedAgain']++
    const missed = unknown === undefined ? [] : tokens.slice(Number(heard))
    const newest = Number(heard) + missed.length
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Grip-Hold': 'stream',
      'Grip-Channel': `${CHANNEL}; prev-id=${newest}`,
    })
    response.end(missed.map((token, i) => eventOf(Number(heard) + i + 1, token)).join(''))
  })
  origin.server.listen(0, '127.0.0.1')
  await new Promise((resolve, reject) => origin.server.once('listening', resolve).once('error', reject))
  return origin
}
