import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStream } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { publish, responseItem, streamItem } from '../support/publish.ts'
import { type Running, startTarget } from '../support/target.ts'
import { startBrowser } from './support/browser.ts'
import { describeWithProgram } from './support/programs.ts'
import { subscribedAgain } from './support/subscribedAgain.ts'

/** Notes what an EventSource gets, where tests can read it. */
const PAGE = `<!doctype html><title>interop</title><script>
  const seen = { data: [], opened: 0, errors: 0 }
  const source = new EventSource(new URLSearchParams(location.search).get('events'))
  source.onopen = () => seen.opened++
  source.onerror = () => seen.errors++
  source.onmessage = ({ data }) => seen.data.push(data)
</script>`

describeWithProgram('chromium', "Chromium with the browser's own EventSource", (program) => {
  let browser: Browser
  let origin: ScriptedOrigin
  let server: Running
  let pagePath: string

  beforeAll(async () => {
    browser = await startBrowser(program)
    origin = await startOrigin()
    server = await startTarget({ routes: [`* ${origin.address}`] })
    pagePath = origin.answer({ headers: { 'Content-Type': 'text/html' }, body: PAGE })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await origin?.stop()
  })

  const eventPath = (channel: string) =>
    origin.answer({
      headers: {
        'Content-Type': 'text/event-stream',
        'Grip-Hold': 'stream',
        'Grip-Channel': channel,
        'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=1',
      },
      body: 'retry: 100\ndata: welcome\n\n',
    })

  /** Opens the page, whose EventSource connects to the path, in a tab of its own. */
  async function openPage(path: string): Promise<Page> {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.port}${pagePath}?events=${encodeURIComponent(path)}`)
    await untilData(page, 'welcome')
    return page
  }

  const untilData = (page: Page, data: string) =>
    page.waitForFunction(`seen.data.includes(${JSON.stringify(data)})`, undefined, { timeout: 10_000 })

  it('opens an event stream through the proxy and shows what is published', async () => {
    const channel = uniqueName('browser')
    const page = await openPage(eventPath(channel))
    await server.subscribed(channel)
    await publish(server, streamItem(channel, 'data: one\n\n'), streamItem(channel, 'data: ☃\ndata: two\n\n'))
    await untilData(page, '☃\ntwo')
    expect(await page.evaluate('seen')).toEqual({ data: ['welcome', 'one', '☃\ntwo'], opened: 1, errors: 0 })
    await page.close()
  })

  it('connects again after a published close and says which event it had last', async () => {
    const channel = uniqueName('browser')
    const path = eventPath(channel)
    const page = await openPage(path)
    await server.subscribed(channel)
    await publish(server, streamItem(channel, 'id: 41\ndata: before\n\n'))
    await untilData(page, 'before')
    await publish(server, streamItem(channel, { action: 'close' }))
    const request = await origin.request(path, 2)
    expect(request.header('last-event-id')).toBe('41')
    await subscribedAgain(server, channel)
    await publish(server, streamItem(channel, 'data: after\n\n'))
    await untilData(page, 'after')
    expect(await page.evaluate('seen.data')).toEqual(['welcome', 'before', 'welcome', 'after'])
    await page.close()
  })

  it('shows nothing of the keep-alives that an idle stream gets', async () => {
    const path = eventPath(uniqueName('browser'))
    const page = await openPage(path)
    // Opened after the page, so that what it gets the page has had.
    const beside = await openStream(server.port, path)
    await beside.until('\n\n:\n\n:\n\n')
    expect(await page.evaluate('seen')).toEqual({ data: ['welcome'], opened: 1, errors: 0 })
    beside.client.destroy()
    await page.close()
  })

  it('gets the answer of a long poll with fetch', async () => {
    const channel = uniqueName('browser')
    const page = await openPage(eventPath(uniqueName('other')))
    const path = origin.answer({ headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel } })
    const answer = page.evaluate(`fetch(${JSON.stringify(path)}).then((response) => response.text())`)
    await server.subscribed(channel)
    await publish(server, responseItem(channel, 'polled\n'))
    expect(await answer).toBe('polled\n')
    await page.close()
  })
})
