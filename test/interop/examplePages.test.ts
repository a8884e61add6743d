import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser } from './support/browser.ts'
import { takePicture } from './support/pictures.ts'
import { describeWithProgram } from './support/programs.ts'
import { type ServedExample, serveExample } from './support/servedExample.ts'

/** Their pages are small, and so are the pictures of them. */
const EXAMPLE_SIZE = { width: 960, height: 560 }

describeWithProgram('chromium', 'the pages of examples in Chromium', (program) => {
  let browser: Browser
  let example: ServedExample | undefined

  beforeAll(async () => {
    browser = await startBrowser(program)
  })
  afterAll(async () => {
    await browser?.close()
  })

  /** Runs an example for as long as `use` takes. */
  async function withExample(
    name: string,
    use: (urls: ServedExample['urls']) => Promise<void>,
  ): Promise<void> {
    example = await serveExample(name)
    try {
      await use(example.urls)
    } finally {
      await example.stop()
    }
  }

  /** Opens a page in a browser of its own, and waits until it says that it is connected. */
  async function openPage(url: string): Promise<Page> {
    const context = await browser.newContext({ viewport: EXAMPLE_SIZE })
    const page = await context.newPage()
    await page.goto(url)
    await page.getByText('Connected', { exact: true }).waitFor()
    return page
  }

  it(
    'notification-center counts what is unread in each window of a user, from another origin',
    () =>
      withExample('notification-center', async ([url, sendUrl]) => {
        const send = (body: object) => fetch(sendUrl!, { method: 'POST', body: JSON.stringify(body) })
        await send({ to: 'ann', text: 'before you came' })
        const one = await openPage(url)
        const two = await openPage(url)
        const bob = await openPage(url.replace('user=ann', 'user=bob'))
        await send({ to: 'ann', text: 'your parcel is here' })
        await send({ text: 'closed on Monday' })
        const expected = ['closed on Monday to all', 'your parcel is here to you', 'before you came to you']
        for (const page of [one, two]) {
          await page.getByLabel('unread').getByText('3', { exact: true }).waitFor()
          expect(await page.getByRole('listitem').allTextContents()).toEqual(expected)
        }
        await bob.getByLabel('unread').getByText('1', { exact: true }).waitFor()
        await takePicture(one, 'notification-center')
        await one.getByRole('button', { name: 'Mark all as read' }).click()
        for (const page of [one, two])
          await page.getByLabel('unread').getByText('0', { exact: true }).waitFor()
        expect(await bob.getByLabel('unread').textContent()).toBe('1')
      }),
    60_000,
  )

  it(
    'live-dashboard-page shows numbers that change, and plots of them',
    () =>
      withExample('live-dashboard-page', async ([url]) => {
        const page = await openPage(url)
        const points = () =>
          page
            .locator('polyline')
            .evaluateAll((lines) => lines.map((line) => line.getAttribute('points')!.split(' ').length))
        await page.waitForFunction("document.querySelector('polyline').points.length >= 6")
        expect(Math.min(...(await points()))).toBeGreaterThanOrEqual(6)
        expect(Number(await page.getByLabel('Orders today').textContent())).toBeGreaterThanOrEqual(1200)
        await takePicture(page, 'live-dashboard-page')
      }),
    60_000,
  )

  it(
    'cursors shows in each of two windows where the other points, until it is closed',
    () =>
      withExample('cursors', async ([annUrl, bobUrl]) => {
        const ann = await openPage(annUrl)
        const bob = await openPage(bobUrl!)
        for (const page of [ann, bob])
          await page.getByLabel('here').getByText('ann, bob', { exact: true }).waitFor()
        const { width, height } = bob.viewportSize()!
        await bob.mouse.move(width / 4, height / 2)
        await ann.waitForFunction("document.querySelector('.cursor')?.style.left === '25vw'")
        expect(await ann.locator('.cursor').evaluate((cursor) => cursor.style.top)).toBe('50vh')
        await ann.mouse.move(width / 2, height / 4)
        await bob.waitForFunction("document.querySelector('.cursor')?.style.left === '50vw'")
        await takePicture(ann, 'cursors')
        await bob.close()
        await ann.getByLabel('here').getByText('ann', { exact: true }).waitFor()
        expect(await ann.locator('.cursor').count()).toBe(0)
      }),
    60_000,
  )

  it(
    'express-embedded shows each window the votes of all',
    () =>
      withExample('express-embedded', async ([url]) => {
        const [one, two] = await Promise.all([0, 1].map(() => browser.newPage({ viewport: EXAMPLE_SIZE })))
        for (const page of [one!, two!]) await page.goto(url)
        const shown = (page: Page) => page.locator('output').allTextContents()
        for (const drink of ['tea', 'tea', 'coffee']) {
          const [before] = [(await shown(two!)).join()]
          await one!.getByRole('button', { name: drink }).click()
          await expect.poll(async () => (await shown(two!)).join()).not.toBe(before)
        }
        for (const page of [one!, two!]) await expect.poll(() => shown(page)).toEqual(['2', '1'])
        await takePicture(two!, 'express-embedded')
      }),
    60_000,
  )
})
