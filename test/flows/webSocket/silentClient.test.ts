import { describe, expect, it } from 'vitest'
import { target } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { SOCKET_MODES, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow(() => [], { conf: { runner: { client_ping_interval: 0.5 } } })

for (const mode of SOCKET_MODES) {
  describe.runIf(target.name === 'holdfast')(`a client that says nothing on a WebSocket, ${mode},`, () => {
    it('is pinged, and its pongs are no concern of the origin', async () => {
      const { client, origin } = await flow.open(mode)
      for (let pings = 1; pings <= 5; pings++) {
        await eventually('a ping', () => client.heard.length === pings)
        client.socket.pong(client.heard.at(-1)!.replace(/^ping /, ''))
      }
      client.send('alive')
      await eventually('the message', () => origin.heard.length > 0)
      expect(origin.heard).toEqual(['text alive'])
    })

    it('is dropped after two pings without an answer, and the origin learns of it', async () => {
      const { client, origin } = await flow.open(mode)
      await eventually('the end', () => client.heard.at(-1) === 'drop')
      expect(client.heard).toHaveLength(3)
      await eventually('the origin hears of it', () => origin.heard.length > 0)
      expect(origin.heard).toEqual(['drop'])
      expect(flow.server.logs()).toContain('silent-client: 2 pings unanswered, client_ping_interval is 0.5 s')
    })
  })
}
