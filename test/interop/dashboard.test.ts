import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { uniqueName } from '../support/origin.ts'
import { publish, streamItem } from '../support/publish.ts'
import { type Running, startTarget } from '../support/target.ts'
import { dropClients, type SocketClient, shakeHands } from '../support/webSocket/socketClient.ts'
import { startBrowser } from './support/browser.ts'
import { type DashboardWindow, openDashboard, searchFor } from './support/dashboard.ts'
import { describeWithProgram, itWithProgram, runProgram } from './support/programs.ts'

/** Nothing listens there. */
const DEAD = '127.0.0.1:1'

describeWithProgram('chromium', 'the dashboard in Chromium', (program) => {
  let browser: Browser
  let server: Running
  let window: DashboardWindow

  beforeAll(async () => {
    browser = await startBrowser(program)
    server = await startTarget({ routes: ['* test', `dead.example,id=dead ${DEAD}`] })
  })
  afterEach(async () => {
    expect(window.faults).toEqual([])
    await window.page.context().close()
    dropClients()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const open = async () => {
    window = await openDashboard(browser, server.controlPort)
    return window
  }
  /** Streams on a channel, by the proxy's own test origin. */
  const stream = (channel: string) => openStream(server.port, `/stream?channel=${channel}`)

  it('counts held clients and items while one looks', async () => {
    const { page } = await open()
    const channel = uniqueName('live')
    const held = await stream(channel)
    await page.getByText('Streams 1', { exact: true }).waitFor()
    await publish(server, streamItem(channel, 'data: x\n\n'))
    await held.until('data: x')
    await expect.poll(() => tile(window, 'Items delivered')).not.toBe('0')
    expect(await tile(window, 'Channels')).toBe('1')
    for (const title of ['Memory', 'Event-loop delay', 'Origin latency, last 10 s']) {
      await page.getByRole('figure', { name: title }).locator('canvas').waitFor()
    }
    expect(await page.getByRole('figure', { name: 'Memory' }).locator('b').first().textContent()).toMatch(
      /MiB/,
    )
    held.client.destroy()
    await page.getByText('Streams 0', { exact: true }).waitFor()
  })

  it('lists connections, shows one, and kicks it', async () => {
    const { page, turnTo } = await open()
    const channel = uniqueName('listed')
    const [held, other] = [await stream(channel), await stream(uniqueName('other'))]
    const panel = await turnTo('Connections')
    await panel.getByLabel('Search').fill(channel)
    const rows = panel.locator('tbody tr')
    await expect.poll(() => rows.count()).toBe(1)
    await rows.getByText(channel).waitFor()
    await rows.getByRole('button').press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('127.0.0.1').waitFor()
    await dialog.getByRole('cell', { name: channel }).waitFor()
    await dialog.getByRole('button', { name: 'Kick' }).click()
    await dialog.getByText('Kicked.').waitFor()
    expect((await held.ended()).complete).toBe(true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await panel.getByText('Nothing here.').waitFor()
    other.client.destroy()
  })

  it('sorts and pages connections by the keyboard', async () => {
    const { page, turnTo } = await open()
    const channel = uniqueName('many')
    const held = []
    for (let i = 0; i < 60; i++) held.push(await stream(channel))
    const panel = await turnTo('Connections')
    await searchFor(panel, channel)
    const head = panel.getByRole('columnheader', { name: 'Id' })
    await head.getByRole('button').focus()
    const ids = () => panel.locator('tbody tr td:first-child').allTextContents()
    await page.keyboard.press('Enter')
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending')
    // The rows of before stay until those that are in order have come.
    const areSorted = async () => {
      const shown = await ids()
      return shown.length === 50 && shown.join() === [...shown].sort().join()
    }
    await expect.poll(areSorted).toBe(true)
    const first = await ids()
    await panel.getByRole('button', { name: 'Next' }).press('Enter')
    await panel.getByText('Rows 51 to 60').waitFor()
    const rest = await ids()
    expect([...first, ...rest]).toEqual([...first, ...rest].sort())
    expect(new Set([...first, ...rest]).size).toBe(60)
    expect(await panel.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)
    await panel.getByRole('button', { name: 'Previous' }).press('Enter')
    await panel.getByText('Rows 1 to 50').waitFor()
    expect(await ids()).toEqual(first)
    for (const { client } of held) client.destroy()
  })

  it('lists channels, and leads from one to the form that publishes on it', async () => {
    const { turnTo, page } = await open()
    const channel = uniqueName('channel')
    const held = [await stream(channel), await stream(channel)]
    const panel = await turnTo('Channels')
    await panel.getByLabel('Search').fill(channel)
    await expect.poll(() => panel.locator('tbody td').allTextContents()).toEqual([channel, '2', '0', '0'])
    await panel.getByRole('link', { name: channel }).click()
    expect(await page.getByLabel('Channel', { exact: true }).inputValue()).toBe(channel)
    for (const { client } of held) client.destroy()
  })

  it('publishes in all three formats', async () => {
    const { turnTo } = await open()
    const channel = uniqueName('form')
    const panel = await turnTo('Publish')
    await panel.getByLabel('Channel').fill(channel)
    const send = async (format: string, content: string, label: string) => {
      await panel.getByLabel('Format').selectOption(format)
      const group = panel.getByRole('group', { name: format })
      await group.getByLabel(label).fill(content)
      await panel.getByRole('button', { name: 'Publish' }).click()
    }
    const held = await stream(channel)
    await send('http-stream', 'one\ntwo', 'Content')
    await panel.getByText('Published to 1 hold.').waitFor()
    await held.until('data: one\ndata: two\n\n')
    const poll = await longPoll(server.port, `/response?channel=${channel}`)
    await server.subscribed(channel, 2)
    await send('http-response', 'polled', 'Body')
    const answer = await poll.answer()
    expect([answer.text, answer.header('content-type')]).toEqual(['polled', 'text/plain'])
    const socket = (await shakeHands(server.port, `/ws?channel=${channel}`)) as SocketClient
    await send('ws-message', 'told', 'Content')
    await socket.hears('text told')
    held.client.destroy()
  })

  itWithProgram('curl', 'shows a curl line that publishes as it is copied', async () => {
    const { turnTo } = await open()
    const channel = uniqueName('copied')
    const panel = await turnTo('Publish')
    await panel.getByLabel('Channel').fill(channel)
    const held = await stream(channel)
    await panel.getByLabel('Content').first().fill("it's")
    const line = await panel.getByRole('region', { name: 'curl' }).textContent()
    expect(await runProgram('/bin/sh', ['-c', `${line} --silent`])).toMatchObject({ output: 'Published\n' })
    await held.until("data: it's\n\n")
    const code = await panel.getByRole('region', { name: 'Node.js' }).textContent()
    const ran = await runProgram(process.execPath, ['--input-type=module', '-e', code!])
    expect(ran.output).toBe('200 Published\n\n')
    held.client.destroy()
  })

  it.each([
    ['stream', '/stream', { 'http-stream': { content: 'data: pushed\n\n' } }, 'data: pushed'],
    ['poll', '/response', { 'http-response': { body: 'pushed' } }, 'pushed'],
    ['websocket', '/ws', { 'ws-message': { content: 'pushed' } }, 'TEXT pushed'],
  ])('shows what a client gets that opens a %s', async (transport, path, formats, text) => {
    const { turnTo } = await open()
    const channel = uniqueName('trial')
    const panel = await turnTo('Subscribe')
    await panel.getByLabel('Transport').selectOption(transport)
    await panel.getByLabel('Path').fill(`${path}?channel=${channel}`)
    if (transport === 'websocket') await panel.getByLabel('Messages to send').fill('echo me')
    await panel.getByRole('button', { name: 'Open' }).click()
    await server.subscribed(channel)
    await publish(server, { channel, formats })
    const log = panel.getByRole('log')
    await log.getByText(`GET ${path}?channel=${channel} HTTP/1.1`).first().waitFor()
    await log.getByText(text, { exact: true }).waitFor()
    await log
      .getByText(transport === 'websocket' ? 'HTTP/1.1 101' : 'HTTP/1.1 200')
      .first()
      .waitFor()
    if (transport === 'websocket') expect(await log.getByText('TEXT echo me').count()).toBe(2)
    await panel.getByRole('button', { name: 'Stop' }).click()
    await panel.getByText('Stopped').waitFor()
  })

  it('tells the routes, and which of them takes a URL', async () => {
    const { turnTo } = await open()
    const panel = await turnTo('Routes')
    await panel.getByRole('cell', { name: 'dead', exact: true }).waitFor()
    await panel.getByLabel('URL').fill('http://dead.example/a')
    await panel.getByRole('button', { name: 'Find' }).click()
    await panel.getByText(`to ${DEAD}: GET /a, Host: dead.example`).waitFor()
    await panel.getByText('there are rules for dead.example, and these alone are asked').first().waitFor()
    await panel.getByLabel('URL').fill('nonsense')
    await panel.getByRole('button', { name: 'Find' }).click()
    await panel.getByText('"nonsense" is not a URL').waitFor()
  })

  it('tells what went wrong, and in which step', async () => {
    const { turnTo } = await open()
    expect((await get(server.port, '/', { host: 'dead.example' })).status).toBe(502)
    const panel = await turnTo('Errors')
    const row = panel.locator('tbody tr').first()
    await row.getByText('connecting to the origin').waitFor()
    expect(await row.textContent()).toContain(DEAD)
  })
})

const tile = ({ page }: DashboardWindow, title: string) =>
  page
    .locator('dl.tiles > div')
    .filter({ has: page.getByText(title, { exact: true }) })
    .locator('dd')
    .textContent()

describeWithProgram('chromium', 'the dashboard of a locked control port', (program) => {
  let browser: Browser
  let server: Running

  beforeAll(async () => {
    browser = await startBrowser(program)
    const control = { auth_key: 'a secret', auth_basic: 'ann:word' }
    server = await startTarget({ routes: ['* test'], conf: { control } })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it.each(['a secret', 'ann:word'])('shows nothing until the key "%s" is given', async (key) => {
    const { page } = await openDashboard(browser, server.controlPort)
    const input = page.getByLabel('Key', { exact: true }).and(page.locator('input'))
    await input.fill('wrong')
    await input.press('Enter')
    await page.getByText('That does not open it.').waitFor()
    expect(await page.locator('canvas').count()).toBe(0)
    await input.fill(key)
    await input.press('Enter')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.reload()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Publish' }).click()
    expect(await page.getByRole('region', { name: 'curl' }).textContent()).not.toContain(key)
    await page.getByRole('button', { name: 'Forget key' }).click()
    await input.waitFor()
    await page.context().close()
  })
})

describeWithProgram('chromium', 'the dashboard of a server with workers', (program) => {
  it('has the clients of all of them', async () => {
    const browser = await startBrowser(program)
    const server = await startTarget({ routes: ['* test'], conf: { runner: { workers: 2 } } })
    const channel = uniqueName('worker')
    const held = []
    for (let i = 0; i < 8; i++) held.push(await openStream(server.port, `/stream?channel=${channel}`))
    const { page, turnTo, faults } = await openDashboard(browser, server.controlPort)
    await page.getByText('Streams 8', { exact: true }).waitFor()
    await page.getByRole('row', { name: 'Worker 2' }).waitFor()
    const panel = await turnTo('Connections')
    await panel.getByLabel('Search').fill(channel)
    await panel.getByText('Rows 1 to 8').waitFor()
    await (await turnTo('Routes')).getByText('the built-in test origin').first().waitFor()
    const trial = await turnTo('Subscribe')
    await trial.getByLabel('Path').fill(`/stream?channel=${channel}`)
    await trial.getByRole('button', { name: 'Open' }).click()
    await trial.getByText('[stream opened]').waitFor()
    expect(faults).toEqual([])
    for (const { client } of held) client.destroy()
    await browser.close()
    await server.stop()
  })
})
