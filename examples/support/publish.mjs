/** Publishes items, each as the control port takes them. Answers when holdfast has them. */
export async function publishItems(controlPort, items) {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/publish/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ items }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`publish: ${answer.status} ${text.trim()}`)
}

/** Publishes messages to WebSockets: each of `items` is `{ channel, text }`. */
export function publishMessages(controlPort, items) {
  const toItem = ({ channel, text }) => ({ channel, formats: { 'ws-message': { content: text } } })
  return publishItems(controlPort, items.map(toItem))
}
