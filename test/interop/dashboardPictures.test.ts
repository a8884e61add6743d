import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin } from '../support/origin.ts'
import { TestProcess } from '../support/process.ts'
import { publish, responseItem, streamItem } from '../support/publish.ts'
import { ensureBuilt } from '../support/runHoldfast.ts'
import { eventually } from '../support/waiting.ts'
import { startBrowser } from './support/browser.ts'
import { type DashboardWindow, openDashboard, PICTURES_WANTED, takePicture } from './support/dashboard.ts'
import { describeWithProgram } from './support/programs.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** By flags: what the page says of a file has its place on this machine in it. */
const ROUTES = ['* test', 'api.example.com,id=api,path_beg=/feed localhost:3000,over_http']

const SECONDS = 25

describeWithProgram('chromium', 'the pictures of docs/dashboard.md', (path) => {
  it.runIf(PICTURES_WANTED)(
    'show a server that is in use',
    async () => {
      const origin = await startOrigin()
      const { server, port, controlPort, folder } = await startServer(origin.address)
      const browser = await startBrowser(path)
      const light = await openDashboard(browser, controlPort)
      const dark = await openDashboard(browser, controlPort, { dark: true })
      const narrow = await openDashboard(browser, controlPort, { width: 400 })
      const headers = {
        'Grip-Hold': 'stream',
        'Grip-Channel': 'news; prev-id=41; filter=skip-self, weather',
        'Grip-Set-Meta': 'user="alice"',
      }
      const one = await openStream(port, `/news/${origin.answer({ headers }).slice(1)}`)
      for (let i = 0; i < 30; i++) {
        await openStream(port, `/stream?channel=room-${i % 9}`)
        if (i % 3 === 0) await longPoll(port, `/response?channel=room-${i % 9}`)
      }
      for (let second = 0; second < SECONDS; second++) {
        for (let i = 0; i < 5 + ((second * 7) % 11); i++) {
          await publish({ controlPort }, streamItem(`room-${i % 9}`, 'data: x\n\n'))
          await get(port, '/')
        }
        if (second === 18) await publish({ controlPort }, responseItem('room-3', 'x'))
        await light.page.waitForTimeout(1000)
      }
      await takePicture(light.page, 'dashboard-overview')
      await takePicture(dark.page, 'dashboard-overview-dark')
      await takePicture(narrow.page, 'dashboard-narrow')
      await pictureConnections(light)
      await picturePublishing(light, controlPort)
      await pictureRoutes(light)
      one.client.destroy()
      await browser.close()
      await server.stop()
      await origin.stop()
      rmSync(folder, { recursive: true })
    },
    120_000,
  )
})

/** Starts holdfast in a folder of its own. */
async function startServer(originAddress: string) {
  ensureBuilt()
  const [port, controlPort] = [await freePort(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
  writeFileSync(
    join(folder, 'holdfast.conf'),
    `[runner]\nhttp_port=127.0.0.1:${port}\n[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port=${controlPort}\n`,
  )
  const routes = [...ROUTES, `*,path_beg=/news,id=news ${originAddress}`].map((line) => `--route=${line}`)
  const args = [program, '--config=holdfast.conf', ...routes]
  const server = new TestProcess(process.execPath, args, { cwd: folder })
  await eventually(
    'it answers',
    () =>
      get(port, '/').then(
        ({ status }) => status === 200,
        () => false,
      ),
    15_000,
  )
  return { server, port, controlPort, folder }
}

async function pictureConnections({ page, turnTo }: DashboardWindow): Promise<void> {
  const panel = await turnTo('Connections')
  await panel.getByText('Rows 1').waitFor()
  await takePicture(page, 'dashboard-connections')
  await panel.getByLabel('Search').fill('alice')
  await panel.getByText('Rows 1 to 1').waitFor()
  await panel.locator('tbody button').click()
  await page.getByRole('dialog').getByText('skip-self').waitFor()
  await takePicture(page, 'dashboard-connection')
  await page.keyboard.press('Escape')
}

async function picturePublishing({ page, turnTo }: DashboardWindow, controlPort: number): Promise<void> {
  const panel = await turnTo('Subscribe')
  await panel.getByLabel('Path').fill('/stream?channel=greetings')
  await panel.getByRole('button', { name: 'Open' }).click()
  await panel.getByText('[stream opened]').waitFor()
  await publish({ controlPort }, streamItem('greetings', 'data: hello\n\n'))
  await panel.getByText('data: hello').waitFor()
  await takePicture(page, 'dashboard-subscribe')
  const form = await turnTo('Publish')
  await form.getByLabel('Channel').fill('greetings')
  await form.getByRole('button', { name: 'Publish' }).click()
  await form.getByText('Published to 1 hold.').waitFor()
  await takePicture(page, 'dashboard-publish')
}

async function pictureRoutes({ page, turnTo }: DashboardWindow): Promise<void> {
  const panel = await turnTo('Routes')
  await panel.getByLabel('URL').fill('http://api.example.com/feed/1')
  await panel.getByRole('button', { name: 'Find' }).click()
  await panel.getByText('Not the others').waitFor()
  await takePicture(page, 'dashboard-routes')
}
