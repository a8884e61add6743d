import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { get, type OpenStream, openStream } from '../support/client.ts'
import { type Running, startTarget } from '../support/target.ts'
import { startBrowser } from './support/browser.ts'
import { openDashboard, seriousFindings } from './support/dashboard.ts'
import { startDemo } from './support/demoServer.ts'
import { describeWithProgram } from './support/programs.ts'

const PANELS = ['Overview', 'Connections', 'Channels', 'Publish', 'Subscribe', 'Routes', 'Errors']

describeWithProgram('chromium', 'the dashboard for everybody', (program) => {
  let browser: Browser
  let server: Running
  let held: OpenStream

  beforeAll(async () => {
    browser = await startBrowser(program)
    server = await startTarget({ routes: ['* test', 'dead.example 127.0.0.1:1'] })
    held = await openStream(server.port, '/stream?channel=news')
    await get(server.port, '/', { host: 'dead.example' })
  })
  afterAll(async () => {
    held?.client.destroy()
    await browser?.close()
    await server?.stop()
  })

  it.each([{ dark: false }, { dark: true }])(
    'has nothing serious that axe-core finds (dark: $dark)',
    async (options) => {
      const { page, turnTo } = await openDashboard(browser, server.controlPort, options)
      await page.getByText('Streams 1', { exact: true }).waitFor()
      for (const title of PANELS) {
        const panel = await turnTo(title)
        if (title === 'Connections') await panel.getByRole('button', { name: /-/ }).first().waitFor()
        if (title === 'Errors') await panel.getByText('connecting').first().waitFor()
        expect([title, await seriousFindings(page)]).toEqual([title, []])
      }
      const connections = await turnTo('Connections')
      await connections.locator('tbody button').first().click()
      await page.getByRole('dialog').getByText('127.0.0.1').waitFor()
      expect(await seriousFindings(page)).toEqual([])
      await page.context().close()
    },
  )

  it('asks for a key in a form without serious findings', async () => {
    const locked = await startTarget({ routes: [], conf: { control: { auth_key: 'secret' } } })
    const { page } = await openDashboard(browser, locked.controlPort)
    await page.getByRole('heading', { name: 'This port is locked' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.context().close()
    await locked.stop()
  })

  it('fits into a narrow window without scrolling sideways', async () => {
    const { page, turnTo } = await openDashboard(browser, server.controlPort, { width: 400 })
    await page.getByText('Streams 1', { exact: true }).waitFor()
    for (const title of PANELS) {
      await turnTo(title)
      expect([title, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([title, 400])
    }
    await page.context().close()
  })

  it('moves to its content and through its panels with the keyboard alone', async () => {
    const { page } = await openDashboard(browser, server.controlPort)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Connections', exact: true }).waitFor()
    expect(await page.locator('nav [aria-current]').textContent()).toBe('Connections')
    await page.context().close()
  })
})

describeWithProgram('chromium', 'the demo page for everybody', (program) => {
  it.each(['light', 'dark'] as const)('has nothing serious that axe-core finds (%s)', async (colorScheme) => {
    const browser = await startBrowser(program)
    const demo = await startDemo()
    const page = await browser.newPage({ colorScheme })
    await page.goto(`http://127.0.0.1:${demo.port}/`)
    await page.getByText('Connected', { exact: true }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await browser.close()
    await demo.stop()
  })
})
