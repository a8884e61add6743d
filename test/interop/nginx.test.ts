import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openStream } from '../support/client.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { eventOf, eventsAnswer } from '../support/overHttp.ts'
import { TestProcess } from '../support/process.ts'
import { streamItem } from '../support/publish.ts'
import { startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const isInstalled = spawnSync('nginx', ['-v']).status === 0
const describeNginx = isInstalled
  ? describe
  : (name: string, body: () => void) => describe.skip(`${name} [skipped: nginx is not installed]`, body)

/** What docs/how-to.md has for the `http` block, on other ports. */
function documentedServer(ports: { readonly own: number; readonly holdfast: number }): string {
  const page = readFileSync(new URL('../../docs/how-to.md', import.meta.url), 'utf8')
  const [, block] = /```nginx\n([\s\S]*?)```/.exec(page)!
  return block!
    .replace('listen 80;', `listen 127.0.0.1:${ports.own};`)
    .replace('127.0.0.1:7999', `127.0.0.1:${ports.holdfast}`)
}

describeNginx('behind nginx, configured as docs/how-to.md says,', () => {
  const flow = new Flow()
  let port: number
  let folder: string
  let nginx: TestProcess

  beforeAll(async () => {
    flow.origin = await startOrigin()
    flow.server = await startTarget({ routes: [`page.test ${flow.origin.address},over_http`] })
    port = await freePort()
    folder = mkdtempSync(join(tmpdir(), 'holdfast-nginx-'))
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path tmp;`,
    )
    const server = documentedServer({ own: port, holdfast: flow.server.port })
    const http = `http { access_log off; ${places.join(' ')}\n${server} }`
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid nginx.pid; error_log stderr; events {}\n${http}\n`,
    )
    nginx = new TestProcess('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], { cwd: folder })
    await eventually('nginx listens', () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    )
  })
  afterAll(async () => {
    await nginx?.stop()
    await flow.server?.stop()
    await flow.origin?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  it('a stream gets each item when it is published, and the origin sees who asked', async () => {
    const channel = uniqueName('channel')
    const headers = { 'Content-Type': 'text/event-stream', 'Grip-Hold': 'stream', 'Grip-Channel': channel }
    const path = flow.origin.answer({ headers, body: 'data: welcome\n\n' })
    const stream = await openStream(port, path, { host: 'page.test' })
    await stream.until('data: welcome\n\n')
    for (const text of ['data: one\n\n', 'data: two\n\n']) {
      await flow.publish(streamItem(channel, text))
      await stream.until(text)
    }
    const request = await flow.origin.request(path)
    expect([request.header('host'), request.header('x-forwarded-for')]).toEqual(['page.test', '127.0.0.1'])
    stream.client.destroy()
  })

  it('a WebSocket gets what its origin says and what is published, and closes', async () => {
    const channel = uniqueName('channel')
    const subscribe = eventOf('TEXT', `c:{"type":"subscribe","channel":"${channel}"}`)
    const opening = `OPEN\r\n${subscribe}${eventOf('TEXT', 'm:welcome')}`
    const path = flow.origin.answer(eventsAnswer(opening, [['Sec-WebSocket-Extensions', 'grip']]))
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { Host: 'page.test' } })
    const heard: string[] = []
    socket.on('message', (content) => heard.push(String(content)))
    await eventually('the welcome', () => heard.includes('welcome'))
    await flow.publish({ channel, formats: { 'ws-message': { content: 'news' } } })
    await eventually('the news', () => heard.includes('news'))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await flow.publish({ channel, formats: { 'ws-message': { action: 'close', code: 4001 } } })
    expect(await closed).toBe(4001)
  })
})
