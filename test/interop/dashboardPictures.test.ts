import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { useCluster } from '../support/cluster.ts'
import { confText } from '../support/confFile.ts'
import { freePort } from '../support/freePort.ts'
import { describeNats } from '../support/natsServer.ts'
import { startOrigin } from '../support/origin.ts'
import { TestProcess } from '../support/process.ts'
import { publish, responseItem, streamItem } from '../support/publish.ts'
import { ensureBuilt } from '../support/runHoldfast.ts'
import { eventually } from '../support/waiting.ts'
import { startBrowser } from './support/browser.ts'
import { type DashboardWindow, openDashboard } from './support/dashboard.ts'
import { PICTURES_WANTED, takePicture } from './support/pictures.ts'
import { describeWithProgram } from './support/programs.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** By flags: what the page says of a file has its place on this machine in it. */
const ROUTES = [
  '* test',
  'api.example.com,id=api,path_beg=/feed localhost:3000,over_http',
  'old.example.com,id=old 127.0.0.1:1',
]

/** What a plot should show. */
const SECONDS = 25
const LIMIT_MS = 180_000

/** Windows in light and in dark colours; `suffix` ends the names of their pictures. */
interface Look {
  readonly window: DashboardWindow
  readonly suffix: '' | '-dark'
}

describe.runIf(PICTURES_WANTED)('the pictures of docs/dashboard.md', () => {
  describeWithProgram('chromium', 'of one server', (path) => {
    it('show it in use', () => pictureOne(path), LIMIT_MS)
  })

  describeNats('with NATS,', () => {
    describeWithProgram('chromium', 'of a cluster', (path) => {
      const cluster = useCluster({ size: 3 })
      it(
        'show one node that does not answer',
        async () => {
          const browser = await startBrowser(path)
          const servers = cluster.nodes.map(({ flow }) => flow.server)
          const looks = await openLooks((dark) => openDashboard(browser, servers[0]!.controlPort, { dark }))
          for (let i = 0; i < 30; i++) {
            await cluster.nodes[i % 3]!.flow.heldStream({}, { channel: `room-${i % 7}` })
          }
          for (let second = 0; second < SECONDS; second++) {
            for (let i = 0; i < 4 + ((second * 7) % 9); i++) {
              await publish(servers[i % 2]!, streamItem(`room-${i % 7}`, 'data: x\n\n'))
              await cluster.nodes[i % 2]!.flow.get('/')
            }
            await looks[0]!.window.page.waitForTimeout(1000)
          }
          servers[2]!.signal('SIGSTOP')
          for (const { window, suffix } of looks) {
            await window.page.getByText('Not answering').waitFor()
            await takePicture(window.page, `dashboard-cluster${suffix}`)
          }
          servers[2]!.signal('SIGCONT')
          await browser.close()
        },
        LIMIT_MS,
      )
    })
  })
})

async function openLooks(open: (dark: boolean) => Promise<DashboardWindow>): Promise<readonly Look[]> {
  return [
    { window: await open(false), suffix: '' },
    { window: await open(true), suffix: '-dark' },
  ]
}

async function pictureOne(path: string): Promise<void> {
  const origin = await startOrigin()
  const { server, port, controlPort, folder } = await startServer(origin.address)
  const browser = await startBrowser(path)
  const looks = await openLooks((dark) => openDashboard(browser, controlPort, { dark }))
  const narrow = await openDashboard(browser, controlPort, { width: 400 })
  await keepBusy(looks[0]!.window, { origin, port, controlPort })
  await takePicture(narrow.page, 'dashboard-narrow')
  for (const look of looks) await takePicture(look.window.page, `dashboard-overview${look.suffix}`)
  for (const look of looks) {
    await pictureTables(look)
    await picturePublishing(look, controlPort)
    await pictureRoutes(look)
  }
  await browser.close()
  await server.stop()
  await origin.stop()
  rmSync(folder, { recursive: true })
}

type Origin = Awaited<ReturnType<typeof startOrigin>>

/** Has clients come and items published for as long as the plots are to show. */
async function keepBusy(
  { page }: DashboardWindow,
  { origin, port, controlPort }: { origin: Origin; port: number; controlPort: number },
): Promise<void> {
  const headers = {
    'Grip-Hold': 'stream',
    'Grip-Channel': 'news; prev-id=41; filter=skip-self, weather',
    'Grip-Set-Meta': 'user="alice"',
  }
  await openStream(port, `/news/${origin.answer({ headers }).slice(1)}`)
  await get(port, `/news/${origin.answer({ headers: { 'Grip-Hold': 'strean' } }).slice(1)}`)
  await get(port, '/', { host: 'old.example.com' })
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
    await page.waitForTimeout(1000)
  }
}

/** Starts holdfast in a folder of its own. */
async function startServer(originAddress: string) {
  ensureBuilt()
  const [port, controlPort] = [await freePort(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
  const conf = {
    runner: { http_port: `127.0.0.1:${port}` },
    handler: { push_in_http_addr: '127.0.0.1', push_in_http_port: controlPort },
    cluster: { node_name: 'web-1' },
  }
  writeFileSync(join(folder, 'holdfast.conf'), confText(conf))
  const routes = [...ROUTES, `*,path_beg=/news,id=news ${originAddress}`].map((line) => `--route=${line}`)
  const args = [program, '--config=holdfast.conf', ...routes]
  const server = new TestProcess(process.execPath, args, { cwd: folder })
  const answers = () =>
    get(port, '/').then(
      ({ status }) => status === 200,
      () => false,
    )
  await eventually('it answers', answers, 15_000)
  return { server, port, controlPort, folder }
}

async function pictureTables({ window: { page, turnTo }, suffix }: Look): Promise<void> {
  const panel = await turnTo('Connections')
  await panel.getByText('Rows 1').waitFor()
  await takePicture(page, `dashboard-connections${suffix}`)
  await panel.getByLabel('Search').fill('alice')
  await panel.getByText('Rows 1 to 1').waitFor()
  await panel.locator('tbody button').click()
  await page.getByRole('dialog').getByText('skip-self').waitFor()
  await takePicture(page, `dashboard-connection${suffix}`)
  await page.keyboard.press('Escape')
  await (await turnTo('Errors')).getByText('connecting to the origin').waitFor()
  await takePicture(page, `dashboard-errors${suffix}`)
}

async function picturePublishing(
  { window: { page, turnTo }, suffix }: Look,
  controlPort: number,
): Promise<void> {
  const panel = await turnTo('Subscribe')
  await panel.getByLabel('Path').fill('/stream?channel=greetings')
  await panel.getByRole('button', { name: 'Open' }).click()
  await panel.getByText('[stream opened]').waitFor()
  await publish({ controlPort }, streamItem('greetings', 'data: hello\n\n'))
  await panel.getByText('data: hello').waitFor()
  await takePicture(page, `dashboard-subscribe${suffix}`)
  const form = await turnTo('Publish')
  await form.getByLabel('Channel').fill('greetings')
  await form.getByRole('button', { name: 'Publish' }).click()
  await form.getByText(/Published to \d holds?\./).waitFor()
  await takePicture(page, `dashboard-publish${suffix}`)
}

async function pictureRoutes({ window: { page, turnTo }, suffix }: Look): Promise<void> {
  const panel = await turnTo('Routes')
  await panel.getByLabel('URL').fill('http://api.example.com/feed/1')
  await panel.getByRole('button', { name: 'Find' }).click()
  await panel.getByText('Not the others').waitFor()
  await takePicture(page, `dashboard-routes${suffix}`)
}
