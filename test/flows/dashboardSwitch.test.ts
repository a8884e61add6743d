import { describe, expect, it } from 'vitest'
import { get } from '../support/client.ts'
import { startTarget, target } from '../support/target.ts'

describe.runIf(target.name === 'holdfast')('the dashboard', () => {
  it.each([
    ['is there without a word in the configuration', {}, 200],
    ['is not there with dashboard=false', { control: { dashboard: false } }, 404],
  ])('%s', async (_, conf, status) => {
    const server = await startTarget({ routes: [], conf })
    try {
      expect((await get(server.controlPort, '/dashboard/')).status).toBe(status)
      expect((await get(server.controlPort, '/status')).status).toBe(200)
    } finally {
      await server.stop()
    }
  })
})
