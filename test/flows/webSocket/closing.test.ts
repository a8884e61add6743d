import { expect, it } from 'vitest'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { close, DROP, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow()

const LOSES_LAST_WORDS = 'Zurl may lose what comes right before a Close'

for (const mode of SOCKET_MODES) {
  // Zurl says nothing to native origins.
  const emptyClose =
    mode === 'native' ? expected({ holdfast: 'close 1000', pushpin: 'close empty' }) : 'close empty'

  describeFlows(`a Close of the client, ${mode},`, () => {
    it.each([
      [1000, ''],
      [1001, 'going'],
      [3000, ''],
      [4999, 'w\u00fcrde'],
      [1000, 'x'.repeat(123)],
    ])('with %d and %j reaches the origin, and its answer the client', async (code, reason) => {
      const { client, origin } = await flow.open(mode)
      client.send('last')
      client.socket.close(code, reason)
      const words = `close ${code} ${reason}`.trim()
      await origin.hears('text last', words)
      await client.hears(words)
    })

    it('is answered with what the origin answers', async () => {
      const { client, origin } = await flow.open(mode, { farewell: [close(4002, 'other')] })
      client.socket.close(4001, 'mine')
      await origin.hears('close 4001 mine')
      await client.hears('close 4002 other')
    })

    const itKeeps = mode === 'native' ? holdfastOnly(it, LOSES_LAST_WORDS) : it
    itKeeps('is answered behind what the origin sends before its own', async () => {
      const { client } = await flow.open(mode, { farewell: [text('m:last words'), close(1000)] })
      client.socket.close(1000)
      await client.hears('text last words', 'close 1000')
    })

    it('without a code is passed on, and answered with 1000', async () => {
      const { client, origin } = await flow.open(mode)
      client.socket.close()
      await origin.hears(emptyClose)
      await client.hears('close 1000')
    })
  })

  describeFlows(`a Close of the origin, ${mode},`, () => {
    it.each([
      [1000, ''],
      [1001, 'going'],
      [4321, 'w\u00fcrde'],
    ])('with %d and %j reaches the client, and its answer the origin', async (code, reason) => {
      const { client, origin, tell } = await flow.open(mode)
      tell(close(code, reason))
      const words = `close ${code} ${reason}`.trim()
      await client.hears(words)
      await origin.hears(words)
    })

    const itKeeps = mode === 'native' ? holdfastOnly(it, LOSES_LAST_WORDS) : it
    itKeeps('may come right with the acceptance', async () => {
      const { client } = await flow.open(mode, { opening: [text('m:only this'), close(4000, 'full')] })
      await client.hears('text only this', 'close 4000 full')
    })

    it('without a code reaches the client with 1000', async () => {
      const { client, tell } = await flow.open(mode)
      tell(close())
      await client.hears('close 1000')
    })

    holdfastOnly(it, 'Q15: Pushpin sends what no client accepts').each([0, 999, 1005, 1006, 1015, 5000])(
      'with %d, which is no code, reaches the client with 1000',
      async (code) => {
        const { client, tell } = await flow.open(mode)
        tell(close(code))
        await client.hears('close 1000')
      },
    )
  })

  describeFlows(`the end of a connection without a Close, ${mode},`, () => {
    it('by the client is the same at the origin', async () => {
      const { client, origin } = await flow.open(mode)
      client.send('last')
      await origin.hears('text last')
      client.drop()
      await origin.hears('text last', 'drop')
    })

    it('by the origin is told to the client', async () => {
      const { client, tell } = await flow.open(mode)
      tell(text('m:last'))
      await client.hears('text last')
      tell(DROP)
      // Q33: a Close says that it is the origin's failure.
      await client.hears(
        'text last',
        expected({ holdfast: 'close 1011 connection to origin lost', pushpin: 'drop' }),
      )
    })
  })

  describeFlows(`a Close that is published, ${mode},`, () => {
    it.each([
      [{ code: 4001, reason: 'bye' }, 'close 4001 bye'],
      [{ code: 1001 }, 'close 1001'],
      [{}, 'close 1000'],
    ])('as %j reaches the client as %s, and ends the WebSocket at the origin', async (fields, words) => {
      const { client, channel, origin } = await flow.subscribed(mode)
      await flow.publish(socketItem(channel, { action: 'close', ...fields }))
      await client.hears(words)
      expect(origin.heard.length).toBeLessThan(2)
      await origin.hearsOf(emptyClose)
    })

    holdfastOnly(it, 'Q16, Q17: Pushpin loses the reason or the client').each([
      ['without a code', { reason: 'why' }, 'close 1000 why'],
      ['that is no code', { code: 0, reason: 'why' }, 'close 1000 why'],
      ['with a long reason', { code: 4000, reason: 'x'.repeat(200) }, `close 4000 ${'x'.repeat(123)}`],
    ])('%s is made legal', async (_, fields, words) => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(socketItem(channel, { action: 'close', ...fields }))
      await client.hears(words)
    })

    it('comes after what was published before it, and nothing comes after it', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(
        socketItem(channel, 'before'),
        socketItem(channel, { action: 'close', code: 4000 }),
        socketItem(channel, 'after'),
      )
      await client.hears('text before', 'close 4000')
    })
  })
}
