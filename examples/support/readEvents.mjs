/**
 * Opens a stream of server-sent events and answers how to read it: `next` resolves to the data of the next event, and to undefined at
 * the end; `close` leaves.
 */
export async function readEvents(url) {
  const leaving = new AbortController()
  const response = await fetch(url, { signal: leaving.signal })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async () => {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read()
      if (done) return undefined
      text += value
    }
    const end = text.indexOf('\n\n')
    const block = text.slice(0, end)
    text = text.slice(end + 2)
    const lines = block.split('\n').filter((line) => line.startsWith('data: '))
    return lines.length === 0 ? next() : lines.map((line) => line.slice('data: '.length)).join('\n')
  }
  return { next, close: () => leaving.abort() }
}
