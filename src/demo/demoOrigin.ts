import { readFileSync } from 'node:fs'
import type { PublishOutcome } from '../edges/bus.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import { type AnswerLocally, type LocalAnswer, type LocalRequest, plainAnswer } from '../util/localAnswer.ts'
import { answerPublish, DEMO_CHANNEL } from './demoPublish.ts'

/** What the demo publishes by, and what its page shows. */
export interface DemoOptions {
  /** Publishes what is written on the page. */
  readonly publish: (items: readonly PublishItem[]) => Promise<readonly PublishOutcome[]>
  /** Where publishers reach the control port, as shown on the page; default `http://localhost:5561`. */
  readonly controlUrl?: string
}

const DEFAULT_CONTROL_URL = 'http://localhost:5561'

/** The page's own style and script, its own origin, nothing else. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A GRIP origin as small as one can be: the answer's headers are all that it does to hold a stream. */
const STREAM: LocalAnswer = {
  status: 200,
  headers: [
    ...['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store'],
    ...['Grip-Hold', 'stream', 'Grip-Channel', DEMO_CHANNEL],
    ...['Grip-Keep-Alive', ':\\n\\n; format=cstring; timeout=20'],
  ],
  body: `retry: 1000\n: this stream is held on the channel ${DEMO_CHANNEL}\n\n`,
}

const POLL = plainAnswer(200, 'nothing for now\n', [
  ...['Cache-Control', 'no-store'],
  ...['Grip-Hold', 'response', 'Grip-Channel', DEMO_CHANNEL, 'Grip-Timeout', '25'],
])

/** Creates what holdfast serves when it is started without a configuration: a page that shows what it does. */
export function createDemo(options: DemoOptions): AnswerLocally {
  const page = pageAnswer(options.controlUrl ?? DEFAULT_CONTROL_URL)
  return (request) => {
    const path = request.path.split('?', 1)[0]
    if (path === '/publish') return allowing('POST', request, () => answerPublish(request, options.publish))
    if (path === '/') return allowing('GET', request, () => page)
    if (path === '/stream') return allowing('GET', request, () => STREAM)
    if (path === '/poll') return allowing('GET', request, () => POLL)
    return plainAnswer(404, 'The demo has /, /stream, /poll and /publish.\n')
  }
}

function pageAnswer(controlUrl: string): LocalAnswer {
  const html = readFileSync(new URL('../../assets/demo.html', import.meta.url), 'utf8')
  return {
    status: 200,
    headers: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Cache-Control', 'no-cache'],
      ...['Content-Security-Policy', PAGE_POLICY],
    ],
    body: html.replaceAll('{{controlUrl}}', controlUrl).replaceAll('{{channel}}', DEMO_CHANNEL),
  }
}

/** HEAD is allowed where GET is. */
function allowing(
  method: 'GET' | 'POST',
  request: LocalRequest,
  answer: () => LocalAnswer | Promise<LocalAnswer>,
): LocalAnswer | Promise<LocalAnswer> {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return answer()
  return plainAnswer(405, `Method not allowed: ${request.method}.\n`, ['Allow', method])
}
