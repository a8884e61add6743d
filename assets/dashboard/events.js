/** Reads a stream of server-sent events whose data are JSON, to its end. HTML: 9.2.6, as our server writes them. */
export async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) onEvent(parseEvent(block))
  }
}

function parseEvent(block) {
  const [, name] = /^event: (.*)$/m.exec(block) ?? []
  const [, data] = /^data: (.*)$/m.exec(block) ?? []
  return { name, data: data === undefined ? undefined : JSON.parse(data) }
}
