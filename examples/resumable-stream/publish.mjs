/** What the model's side says to holdfast's control port: the next token, with its place in the chain. */
import { CHANNEL, eventOf } from './origin.mjs'

/** Publishes token number `id` of the answer. */
export async function publishToken(controlPort, { id, token }) {
  const item = {
    channel: CHANNEL,
    id: String(id),
    'prev-id': String(id - 1),
    formats: { 'http-stream': { content: eventOf(id, token) } },
  }
  const answer = await fetch(`http://127.0.0.1:${controlPort}/publish/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ items: [item] }),
  })
  if (!answer.ok) throw new Error(`publish: ${answer.status} ${await answer.text()}`)
  await answer.text()
}
