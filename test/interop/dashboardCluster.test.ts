import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useCluster } from '../support/cluster.ts'
import { describeNats } from '../support/natsServer.ts'
import { uniqueName } from '../support/origin.ts'
import { publish, streamItem } from '../support/publish.ts'
import { startBrowser } from './support/browser.ts'
import { openDashboard, searchFor, seriousFindings } from './support/dashboard.ts'
import { describeWithProgram } from './support/programs.ts'

describeNats('with NATS,', () => {
  describeWithProgram('chromium', 'the dashboard of a cluster', (program) => {
    const cluster = useCluster({ size: 3 })
    let browser: Browser

    beforeAll(async () => {
      browser = await startBrowser(program)
    })
    afterAll(async () => {
      await browser?.close()
    })

    const open = (node: number, dark = false) =>
      openDashboard(browser, cluster.nodes[node]!.flow.server.controlPort, { dark })

    it('counts clients and items of all nodes together, and of each', async () => {
      const channel = uniqueName('counted')
      const held = []
      for (const i of [0, 1, 1, 2, 2, 2]) {
        held.push(await cluster.nodes[i]!.flow.heldStream({}, { channel }))
      }
      const { page, faults } = await open(0)
      await page.getByText('Live, 3 nodes', { exact: true }).waitFor()
      await page.getByText('Streams 6', { exact: true }).waitFor()
      const nodes = page.getByRole('region', { name: 'Nodes' })
      const cellsOf = (name: string) =>
        nodes
          .getByRole('row', { name: new RegExp(`^${name}`) })
          .locator('td')
          .allTextContents()
      const streams = async () =>
        (await Promise.all(['node-1', 'node-2', 'node-3'].map(cellsOf))).map((cells) => cells[3])
      await expect.poll(streams).toEqual(['1', '2', '3'])
      expect(
        await nodes
          .getByRole('row', { name: /this one/ })
          .locator('th')
          .textContent(),
      ).toMatch(/^node-1/)
      const target = cluster.nodes[1]!.flow.server
      const busy = async () => {
        await publish(target, streamItem(channel, 'x'))
        const [, , , , , , published, delivered] = await cellsOf('node-2')
        return [published, delivered].every((rate) => /^[1-9.]/.test(rate!) || Number.parseFloat(rate!) > 0)
      }
      await expect.poll(busy, { timeout: 10_000 }).toBe(true)
      expect(await seriousFindings(page)).toEqual([])
      expect(faults).toEqual([])
      for (const { stream } of held) stream.client.destroy()
      await page.context().close()
    })

    it('lists, sorts and pages connections of all nodes, and kicks one that another has', async () => {
      const channel = uniqueName('listed')
      const held = []
      for (let i = 0; i < 60; i++) held.push(await cluster.nodes[i % 3]!.flow.heldStream({}, { channel }))
      const { page, turnTo } = await open(0, true)
      const panel = await turnTo('Connections')
      await searchFor(panel, channel)
      await panel.getByRole('button', { name: 'Id' }).click()
      const column = (number: number) => panel.locator(`tbody td:nth-child(${number})`).allTextContents()
      const areSorted = async () => {
        const shown = await column(1)
        return shown.length === 50 && shown.join() === [...shown].sort().join()
      }
      await expect.poll(areSorted).toBe(true)
      expect(new Set(await column(2))).toEqual(new Set(['node-1', 'node-2', 'node-3']))
      const first = await column(1)
      await panel.getByRole('button', { name: 'Next' }).click()
      await panel.getByText('Rows 51 to 60').waitFor()
      expect(new Set([...first, ...(await column(1))]).size).toBe(60)
      // The last page may be of one node alone.
      await panel.getByRole('button', { name: 'Previous' }).click()
      await panel.getByText('Rows 1 to 50').waitFor()
      const row = panel.locator('tbody tr').filter({ hasText: 'node-3' }).first()
      await row.getByRole('button').click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('node-3', { exact: true }).waitFor()
      expect(await seriousFindings(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Kick' }).click()
      await dialog.getByText('Kicked.').waitFor()
      await page.keyboard.press('Escape')
      await panel.getByRole('button', { name: 'Next' }).click()
      await panel.getByText('Rows 51 to 59').waitFor()
      const channels = await turnTo('Channels')
      await channels.getByLabel('Search').fill(channel)
      await expect
        .poll(() => channels.locator('tbody td').allTextContents())
        .toEqual([channel, '59', '0', '0'])
      for (const { stream } of held) stream.client.destroy()
      await page.context().close()
    })

    it('says which node does not answer, and that it answers again', async () => {
      const stopped = cluster.nodes[2]!.flow.server
      const { page, turnTo } = await open(0)
      await page.getByText('Live, 3 nodes', { exact: true }).waitFor()
      stopped.signal('SIGSTOP')
      await page.getByText('2 of 3 nodes answer', { exact: true }).waitFor()
      await page.getByText('Node node-3 does not answer: left out of these numbers.').waitFor()
      const row = page.getByRole('region', { name: 'Nodes' }).getByRole('row', { name: /^node-3/ })
      await row.getByText('Not answering').waitFor()
      expect(await seriousFindings(page)).toEqual([])
      const panel = await turnTo('Connections')
      await panel.getByText('Node node-3 does not answer: the clients there are not listed.').waitFor()
      stopped.signal('SIGCONT')
      await page.getByText('Live, 3 nodes', { exact: true }).waitFor()
      await page.context().close()
    })
  })
})
