import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publish, publishCounted, streamItem } from '../support/publish.ts'
import { eventually } from '../support/waiting.ts'
import { startBrowser } from './support/browser.ts'
import { type DemoServer, startDemo } from './support/demoServer.ts'
import { describeWithProgram, itWithProgram, runProgram } from './support/programs.ts'

describeWithProgram('chromium', 'the demo page in Chromium', (program) => {
  let browser: Browser
  let server: DemoServer

  beforeAll(async () => {
    browser = await startBrowser(program)
    server = await startDemo()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Opens the page and waits until its stream is held; `faults` are what the browser complains of. */
  async function openDemo(): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    page.on('requestfailed', (request) => faults.push(`${request.url()} failed`))
    await page.goto(`http://127.0.0.1:${server.port}/`)
    await page.getByText('Connected', { exact: true }).waitFor()
    return { page, faults }
  }

  /** Waits until so many clients are held; asks with an item that reaches all and changes nothing. */
  async function untilHeld(count: number): Promise<void> {
    const formats = { 'http-stream': { action: 'refresh' }, 'http-response': { action: 'refresh' } }
    await eventually(`${count} clients are held`, async () => {
      const [item] = await publishCounted(server.controlPort, [{ channel: 'demo', formats }])
      return item?.holds === count
    })
  }

  const received = (page: Page) => page.getByRole('log').getByRole('listitem')

  it('shows what is written into its box and published, in every window that has it open', async () => {
    const one = await openDemo()
    const two = await openDemo()
    await one.page.getByLabel('Text').fill('hello\nfrom <b>one</b>')
    await one.page.getByRole('button', { name: 'Publish' }).click()
    for (const { page } of [one, two]) {
      await received(page).getByText('from <b>one</b>').waitFor()
      expect(await received(page).locator('span').allTextContents()).toEqual(['hello\nfrom <b>one</b>'])
    }
    await one.page.getByText('Sent to 2 clients.').waitFor()
    expect(await one.page.getByLabel('Text').inputValue()).toBe('')
    expect([one.faults, two.faults]).toEqual([[], []])
    await Promise.all([one.page.close(), two.page.close()])
  })

  it('publishes with Ctrl+Enter, and shows the newest text first', async () => {
    const { page, faults } = await openDemo()
    for (const text of ['first', 'second']) {
      await page.getByLabel('Text').fill(text)
      await page.getByLabel('Text').press('Control+Enter')
      await received(page).getByText(text, { exact: true }).waitFor()
    }
    expect(await received(page).locator('span').allTextContents()).toEqual(['second', 'first'])
    expect(faults).toEqual([])
    await page.close()
  })

  it('shows what is published over the control port', async () => {
    const { page } = await openDemo()
    await publish(server, streamItem('demo', 'data: from outside\n\n'))
    await received(page).getByText('from outside').waitFor()
    await page.close()
  })

  it('says that it lost its stream, and connects again', async () => {
    const { page } = await openDemo()
    await publish(server, streamItem('demo', { action: 'close' }))
    await page.getByText('Reconnecting', { exact: true }).waitFor()
    await page.getByText('Connected', { exact: true }).waitFor()
    await page.close()
  })

  it('gives its hold up when the window is closed', async () => {
    const { page } = await openDemo()
    await page.close()
    await untilHeld(0)
  })

  it('fits into a narrow window without scrolling sideways', async () => {
    const { page } = await openDemo()
    await page.setViewportSize({ width: 360, height: 700 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.close()
  })

  itWithProgram('curl', 'shows curl lines that work as they are copied', async () => {
    const { page } = await openDemo()
    const line = async (id: string) => (await page.locator(`#${id}`).textContent())!
    const poll = runProgram('/bin/sh', ['-c', `${await line('poll')} --silent`])
    await untilHeld(2)
    const send = await line('send')
    expect(send).toContain(`:${server.controlPort}/publish`)
    expect(await runProgram('/bin/sh', ['-c', `${send} --silent`])).toEqual({
      code: 0,
      output: 'Published\n',
    })
    await received(page).getByText('hello', { exact: true }).waitFor()
    expect(await poll).toEqual({ code: 0, output: 'hello\n' })
    await page.close()
  })
})
