import type { HeaderList } from './client.ts'
import type { Flow } from './flow.ts'
import { type Answer, uniqueName } from './origin.ts'
import { streamItem } from './publish.ts'

/** The header that names a next link; its timeout is in seconds. */
export function nextLink(url: string, timeout?: number): HeaderList {
  return [['Grip-Link', `<${url}>; rel=next${timeout === undefined ? '' : `; timeout=${timeout}`}`]]
}

/** The headers that hold a stream on a channel. */
export function hold(channel: string): HeaderList {
  return [
    ['Grip-Hold', 'stream'],
    ['Grip-Channel', channel],
  ]
}

/** A part of a body, and where the next one is. */
export function page(body: string, next?: string): Answer {
  return { headers: next === undefined ? [] : nextLink(next), body }
}

/** Opens a stream that is held on a channel of its own and has a next link with that answer. */
export async function linked(flow: Flow, answers: readonly Answer[], timeout?: number) {
  const channel = uniqueName('channel')
  const next = flow.origin.answers(answers)
  const path = flow.origin.answer({
    headers: [...hold(channel), ...nextLink(next, timeout)],
    body: 'first ',
  })
  const stream = await flow.openStream(path)
  await flow.server.subscribed(channel)
  return { stream, channel, next, fetch: () => flow.publish(streamItem(channel, { action: 'hint' })) }
}
