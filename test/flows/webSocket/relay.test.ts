import { expect, it } from 'vitest'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { binary, ping, pong, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow()

/** Extension fields with which an origin accepts GRIP, and the prefix that its messages have then. */
const ACCEPTANCES = [
  ['grip', 'm:'],
  ['grip; message-prefix=""', ''],
  ['grip; message-prefix', ''],
  ['grip; message-prefix=msg-', 'msg-'],
  ['grip; message-prefix="msg-"', 'msg-'],
  ['foo, grip; message-prefix="a, b"', 'a, b'],
  ['grip; unknown=1', 'm:'],
] as const

const NO_ACCEPTANCES = [
  undefined,
  'other',
  'GRIP',
  'grip; message-prefix=',
  'grip; message-prefix="m:',
] as const

for (const mode of SOCKET_MODES) {
  describeFlows(`messages of a WebSocket, ${mode},`, () => {
    it('reach the origin as the client sent them, whatever they begin with', async () => {
      const { client, origin } = await flow.open(mode)
      client.send('hello')
      client.send('c:{"type":"detach"}')
      client.send('m:x')
      client.send(Buffer.from([0, 255]))
      client.send('')
      await origin.hears('text hello', 'text c:{"type":"detach"}', 'text m:x', 'binary 00ff', 'text')
    })

    it('reach the client without their prefix', async () => {
      const { client, tell } = await flow.open(mode)
      tell(text('m:hello'), binary(Buffer.from('m:\u0001')), text('m:'), text('m:m:x'), text('m:c:{}'))
      await client.hears('text hello', 'binary 01', 'text', 'text m:x', 'text c:{}')
    })

    it('that have no prefix are dropped', async () => {
      const { client, tell } = await flow.open(mode)
      tell(text('hello'), text('M:x'), text('m'), text(''), binary(Buffer.from('c:x')), text('m:end'))
      await client.hears('text end')
    })

    it('sent with the acceptance reach the client', async () => {
      const { client } = await flow.open(mode, { opening: [text('m:hello'), text('m:you')] })
      await client.hears('text hello', 'text you')
    })

    it('sent by the client before the acceptance was read reach the origin in order', async () => {
      const { client, origin } = await flow.open(mode)
      for (let i = 0; i < 50; i++) client.send(`${i}`)
      await origin.hears(...Array.from({ length: 50 }, (_, i) => `text ${i}`))
    })

    it.each([125, 126, 8_192, 8_193, 20_000])('of %d bytes pass both ways', async (size) => {
      const { client, origin, tell } = await flow.open(mode)
      const content = 'x'.repeat(size)
      client.send(content)
      await origin.hears(`text ${content}`)
      tell(text(`m:${content}`))
      await client.hears(`text ${content}`)
    })

    holdfastOnly(it, 'Pushpin 1.36 loses messages above 200 kB, and stalls on larger ones')(
      'of 190 kB pass both ways',
      async () => {
        const { client, origin, tell } = await flow.open(mode)
        const content = 'x'.repeat(190_000)
        client.send(content)
        await origin.hears(`text ${content}`)
        tell(text(`m:${content.slice(0, 140_000)}`))
        await client.hears(`text ${content.slice(0, 140_000)}`)
      },
    )

    it('in fragments reach the origin whole', async () => {
      const { client, origin } = await flow.open(mode)
      client.socket.send('he', { fin: false })
      client.socket.send('', { fin: false })
      client.socket.send('llo', { fin: true })
      await origin.hears('text hello')
    })

    holdfastOnly(it, 'Q8: Pushpin drops the client')(
      'in fragments may have a ping between them',
      async () => {
        const { client, origin } = await flow.open(mode)
        client.socket.send('he', { fin: false })
        client.socket.ping('now')
        client.socket.send('llo', { fin: true })
        await origin.hears('ping now', 'text hello')
      },
    )

    it('that are pings and pongs are relayed both ways, and not answered', async () => {
      const { client, origin, tell } = await flow.open(mode)
      client.socket.ping('a')
      client.socket.pong('b')
      client.send('end')
      // Zurl, on native connections, loses what pings and pongs carry.
      const kept = mode === 'native' ? expected({ holdfast: true, pushpin: false }) : true
      const heard = (...words: string[]) => (kept ? words : words.map((word) => word.slice(0, 4)))
      await origin.hears(...heard('ping a', 'pong b'), 'text end')
      tell(ping('c'), pong('d'), text('m:end'))
      await client.hears(...heard('ping c', 'pong d'), 'text end')
      expect(origin.heard).toHaveLength(3)
    })

    it.each(ACCEPTANCES)('whose origin accepts with %j have the prefix %j', async (extensions, prefix) => {
      const { client, tell } = await flow.open(mode, {
        headers: [['Sec-WebSocket-Extensions', extensions]],
      })
      tell(text(`${prefix}hello`), text('c:{"type":"unknown"}'), text('?'), text(`${prefix}end`))
      await client.hears('text hello', ...(prefix === '' ? ['text ?'] : []), 'text end')
    })

    it.each(NO_ACCEPTANCES)('whose origin answers %j pass untouched', async (extensions) => {
      const { client, tell } = await flow.open(mode, {
        headers: extensions === undefined ? [] : [['Sec-WebSocket-Extensions', extensions]],
      })
      tell(text('c:{"type":"detach"}'), text('m:hello'), text('plain'), binary(Buffer.from([1])))
      await client.hears('text c:{"type":"detach"}', 'text m:hello', 'text plain', 'binary 01')
    })
  })
}
