import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeNats, NatsServer } from '../../support/natsServer.ts'
import { uniqueName } from '../../support/origin.ts'
import { eventually } from '../../support/waiting.ts'
import { TestNode } from './testNode.ts'

const everybody = { channel: undefined, route: undefined, meta: [] }
const first = { cursor: undefined, limit: 10 }

describeNats('the nodes of a cluster, asked about themselves', () => {
  let server: NatsServer
  const nodes: TestNode[] = []

  beforeAll(async () => {
    server = await NatsServer.start()
  })
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.cluster.close()
  })
  afterAll(() => server.stop())

  async function start(name: string, prefix: string, address = server.address): Promise<TestNode> {
    const node = new TestNode(server, prefix, { name, address })
    nodes.push(node)
    await node.cluster.open()
    return node
  }

  /** What a node hears of all, as `NAME: ANSWER`. */
  async function heardBy(node: TestNode): Promise<string[]> {
    const answers = await node.cluster.askNodes('status')
    return answers.map(({ name, answer }) => `${name}: ${answer === undefined ? 'nothing' : 'an answer'}`)
  }

  it('are told by their names, with what each says and which one was asked', async () => {
    const prefix = uniqueName('cluster')
    const [b, a] = [await start('b', prefix), await start('a', prefix)]
    await a.knows(1)
    await b.knows(1)
    expect(await b.cluster.askNodes('status')).toMatchObject([
      { name: 'a', isSelf: false, answer: { of: 'a' } },
      { name: 'b', isSelf: true, answer: { of: 'b' } },
    ])
  })

  it('are told when they have fallen silent, until they are back', async () => {
    const prefix = uniqueName('cluster')
    const network = await server.proxy()
    const a = await start('a', prefix)
    await start('b', prefix, network.address)
    await a.knows(1)
    network.cut()
    await a.knows(0)
    expect(await heardBy(a)).toEqual(['a: an answer', 'b: nothing'])
    expect(await a.cluster.directory.connections(everybody, first)).toMatchObject({ missing: ['b'] })
    expect(await a.cluster.directory.channels({ prefix: '' }, first)).toMatchObject({ missing: ['b'] })
    await network.mend()
    await a.knows(1)
    expect(await heardBy(a)).toEqual(['a: an answer', 'b: an answer'])
    expect(await a.cluster.directory.connections(everybody, first)).not.toHaveProperty('missing')
    network.cut()
  })

  it('are told no more when they have left, or have come back under the same name', async () => {
    const prefix = uniqueName('cluster')
    const network = await server.proxy()
    const a = await start('a', prefix)
    const c = await start('c', prefix)
    await start('b', prefix, network.address)
    await a.knows(2)
    await c.cluster.close()
    await a.knows(1)
    expect(await heardBy(a)).toEqual(['a: an answer', 'b: an answer'])
    network.cut()
    await a.knows(0)
    await start('b', prefix)
    await eventually('the new one is known', async () => (await heardBy(a)).includes('b: an answer'))
    expect(await heardBy(a)).toEqual(['a: an answer', 'b: an answer'])
  })
})
