/**
 * Publishes messages to WebSockets: each of `items` is `{ channel, text }`. Answers when holdfast has taken them.
 */
export async function publishMessages(controlPort, items) {
  const body = items.map(({ channel, text }) => ({ channel, formats: { 'ws-message': { content: text } } }))
  const answer = await fetch(`http://127.0.0.1:${controlPort}/publish/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ items: body }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`publish: ${answer.status} ${text.trim()}`)
}
