import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openStream } from '../support/client.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { TestProcess } from '../support/process.ts'
import { publish, streamItem } from '../support/publish.ts'
import { eventually } from '../support/waiting.ts'

const program = fileURLToPath(new URL('../../tools/cluster.mjs', import.meta.url))

itNeedsNats(it)(
  'npm run cluster starts three nodes that are one, and ends them all',
  async () => {
    const cluster = new TestProcess(process.execPath, [program, '--json'], { cwd: '/' })
    try {
      const line = await eventually('the addresses', () => /^\{.*\}$/m.exec(cluster.output)?.[0], 40_000)
      const { nodes } = JSON.parse(line) as { nodes: { client: number; control: number }[] }
      expect(nodes).toHaveLength(3)
      const streams = await Promise.all(nodes.map(({ client }) => openStream(client, '/stream')))
      await publish({ controlPort: nodes[0]!.control }, streamItem('demo', 'news\n'))
      for (const stream of streams) expect(await stream.until('news\n')).toBe('/stream\nnews\n')
    } finally {
      cluster.signal('SIGTERM')
    }
    expect(await cluster.exited(30_000)).toBe(0)
  },
  80_000,
)
