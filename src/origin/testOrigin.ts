import type { LocalAcceptance, LocalOrigin } from '../edges/originSocket.ts'
import { isFieldText, wireFromText } from '../grip/headerText.ts'
import { type LocalAnswer, type LocalRequest, plainAnswer } from '../util/localAnswer.ts'
import { createLocalOrigin } from './localOrigin.ts'
import { acceptEcho } from './testSocket.ts'

const NOT_FOUND = plainAnswer(404, 'no such test resource\n')

/** Used when the query names no channel. */
const DEFAULT_CHANNEL = 'test'

/**
 * Creates the origin behind the target `test` of a routes file. Texts as Pushpin's, grip-http.md §2.4: set-ups check
 * for them.
 */
export function createTestOrigin(): LocalOrigin {
  return createLocalOrigin(answerTest, acceptTest)
}

function acceptTest(request: LocalRequest): LocalAnswer | LocalAcceptance {
  const { path, query } = split(request.path)
  return path === '/ws' ? acceptEcho(request, channelsIn(query)) : NOT_FOUND
}

function answerTest(request: LocalRequest): LocalAnswer {
  const { path, query } = split(request.path)
  switch (path) {
    case '':
      return plainAnswer(200, 'Hello from the Pushpin test handler!\n')
    case '/response':
      return holdAnswer('response', query, 'nothing for now\n')
    case '/stream':
      return holdAnswer('stream', query, '[stream opened]\n')
    default:
      return NOT_FOUND
  }
}

/** A slash at the end is ignored. */
function split(target: string): { path: string; query: string } {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  return { path: path.replace(/\/$/, ''), query: mark < 0 ? '' : target.slice(mark + 1) }
}

function channelsIn(query: string): readonly string[] {
  const named = new URLSearchParams(query).getAll('channel')
  return named.length === 0 ? [DEFAULT_CHANNEL] : named
}

function holdAnswer(mode: 'response' | 'stream', query: string, body: string): LocalAnswer {
  const channels = channelsIn(query).map(wireFromText).join(', ')
  // A deviation: Pushpin writes a channel name with a line break as it is.
  if (!isFieldText(channels)) return plainAnswer(400, 'bad channel name\n')
  return plainAnswer(200, body, ['Grip-Hold', mode, 'Grip-Channel', channels])
}
