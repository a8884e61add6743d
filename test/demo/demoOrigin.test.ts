import { expect, it } from 'vitest'
import { createDemo, type DemoOptions } from '../../src/demo/demoOrigin.ts'
import { HoldfastError } from '../../src/errors.ts'
import { parseInstruct } from '../../src/grip/instruct.ts'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import { getHeader } from '../../src/util/headers.ts'
import type { LocalAnswer, LocalRequest } from '../../src/util/localAnswer.ts'

const published: PublishItem[] = []
const publish: DemoOptions['publish'] = async (items) => {
  published.push(...items)
  return items.map(() => ({ holds: 3 }))
}

async function ask(
  path: string,
  more: Partial<LocalRequest> = {},
  options: Partial<DemoOptions> = {},
): Promise<LocalAnswer> {
  published.length = 0
  const request = {
    method: 'GET',
    path,
    authority: 'localhost:7999',
    headers: [],
    body: Buffer.alloc(0),
    ...more,
  }
  return createDemo({ publish, ...options })(request)
}

const JSON_TYPE = ['Content-Type', 'application/json']

function post(body: unknown, headers: readonly string[] = JSON_TYPE, more: Partial<LocalRequest> = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return ask('/publish', { method: 'POST', headers, body: bytes, ...more })
}

/** What a proxy makes of an answer. */
function instructOf(answer: LocalAnswer) {
  return parseInstruct(
    { status: answer.status, reason: 'OK', headers: answer.headers },
    Buffer.from(answer.body),
  )
}

it('shows a page that needs nothing from elsewhere', async () => {
  const page = await ask('/?x')
  expect(page.status).toBe(200)
  expect(getHeader(page.headers, 'content-type')).toBe('text/html; charset=utf-8')
  expect(getHeader(page.headers, 'content-security-policy')).toContain("default-src 'none'")
  expect(page.body).not.toMatch(/(src|href)="(?!data:)/)
})

it('the page names the control port and the channel', async () => {
  expect((await ask('/')).body).toContain(
    `curl -d '{"items":[{"channel":"demo","formats":{"http-stream":{"content":"data: hello\\n\\n"},"http-response":{"body":"hello\\n"}}}]}' http://localhost:5561/publish`,
  )
  const page = await ask('/', {}, { controlUrl: 'http://127.0.0.1:7000' })
  expect(page.body).toContain('http://127.0.0.1:7000/publish')
  expect(page.body).not.toContain('{{')
})

it('/stream is held on the channel demo, as server-sent events that are kept alive', async () => {
  const instruct = instructOf(await ask('/stream'))
  expect(instruct.holdMode).toBe('stream')
  expect(instruct.channels.map(({ name }) => name)).toEqual(['demo'])
  expect(instruct.keepAlive).toMatchObject({ data: Buffer.from(':\n\n'), timeoutSeconds: 20 })
  expect(getHeader(instruct.response.headers, 'content-type')).toBe('text/event-stream')
})

it('/poll waits on the channel demo', async () => {
  const instruct = instructOf(await ask('/poll'))
  expect(instruct.holdMode).toBe('response')
  expect(instruct.channels.map(({ name }) => name)).toEqual(['demo'])
  expect(instruct.timeoutSeconds).toBe(25)
  expect(instruct.response.body.toString()).toBe('nothing for now\n')
})

it.each(['/', '/stream', '/poll'])('%s takes GET and HEAD only', async (path) => {
  expect((await ask(path, { method: 'HEAD' })).status).toBe(200)
  const refused = await ask(path, { method: 'POST' })
  expect(refused.status).toBe(405)
  expect(getHeader(refused.headers, 'allow')).toBe('GET')
})

it('any other path is not found', async () => {
  expect((await ask('/other')).status).toBe(404)
})

it('a text is published for streams and for long polls, and the answer says how many get it', async () => {
  const answer = await post({ text: 'hello' })
  expect(answer.status).toBe(200)
  expect(JSON.parse(String(answer.body))).toEqual({ holds: 3 })
  const [item] = published
  expect(item?.channel).toBe('demo')
  expect(item?.httpStream).toMatchObject({ action: 'send', content: Buffer.from('data: hello\n\n') })
  expect(item?.httpResponse).toMatchObject({ action: 'send', body: { bytes: Buffer.from('hello\n') } })
})

it.each([
  ['two\nlines', 'data: two\ndata: lines\n\n'],
  ['a\r\nb\rc', 'data: a\ndata: b\ndata: c\n\n'],
  ['\n', 'data: \ndata: \n\n'],
  ['grüße 🙂', 'data: grüße 🙂\n\n'],
])('the text %j is sent as %j', async (text, event) => {
  await post({ text })
  expect(published[0]?.httpStream).toMatchObject({ content: Buffer.from(event) })
})

it.each([
  ['not JSON', '{'],
  ['a list', []],
  ['no text', {}],
  ['a number', { text: 1 }],
  ['an empty text', { text: '' }],
  ['a text that is too long', { text: 'x'.repeat(10_001) }],
])('%s is refused', async (_what, body) => {
  expect((await post(body)).status).toBe(400)
  expect(published).toEqual([])
})

it('a text of the largest size is published', async () => {
  expect((await post({ text: 'x'.repeat(10_000) })).status).toBe(200)
})

it.each([
  ['none', []],
  ['a form', ['Content-Type', 'application/x-www-form-urlencoded']],
  ['plain text', ['Content-Type', 'text/plain;application/json']],
])('a body without the JSON type is refused: %s', async (_what, headers) => {
  expect((await post({ text: 'x' }, headers)).status).toBe(415)
  expect(published).toEqual([])
})

it.each([
  ['Sec-Fetch-Site: cross-site', ['Sec-Fetch-Site', 'cross-site']],
  ['Sec-Fetch-Site: same-site', ['Sec-Fetch-Site', 'same-site', 'Origin', 'http://localhost:7999']],
  ['another Origin', ['Origin', 'http://evil.test']],
  ['another port', ['Origin', 'http://localhost:8000']],
  ['an opaque Origin', ['Origin', 'null']],
])('another website may not publish: %s', async (_what, headers) => {
  expect((await post({ text: 'x' }, [...JSON_TYPE, ...headers])).status).toBe(403)
  expect(published).toEqual([])
})

it.each([
  [
    'Sec-Fetch-Site: same-origin',
    ['Sec-Fetch-Site', 'same-origin', 'Origin', 'http://localhost:7999'],
    undefined,
  ],
  ['its own Origin', ['Origin', 'http://localhost:7999'], undefined],
  ['its own Origin behind TLS', ['Origin', 'https://demo.test'], 'Demo.test'],
])('the page itself may publish: %s', async (_what, headers, authority = 'localhost:7999') => {
  expect((await post({ text: 'x' }, [...JSON_TYPE, ...headers], { authority })).status).toBe(200)
})

it('GET /publish is refused', async () => {
  const refused = await ask('/publish')
  expect(refused.status).toBe(405)
  expect(getHeader(refused.headers, 'allow')).toBe('POST')
})

it('the page is told when nothing can be published now', async () => {
  const failing = (error: Error) =>
    ask(
      '/publish',
      { method: 'POST', headers: JSON_TYPE, body: Buffer.from('{"text":"x"}') },
      { publish: () => Promise.reject(error) },
    )
  const answer = await failing(new HoldfastError('BUS_UNAVAILABLE', 'NATS is not connected'))
  expect(answer.status).toBe(503)
  expect(answer.body).toBe('Not published: NATS is not connected\n')
  await expect(failing(new Error('a bug'))).rejects.toThrow('a bug')
})
