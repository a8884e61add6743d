import { expect, it } from 'vitest'
import { freePort } from '../../support/freePort.ts'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { SocketClient } from '../../support/webSocket/socketClient.ts'
import { text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const deadPort = await freePort()
const flow = useSocketFlow((origin) => [
  `*,path_beg=/native/failover 127.0.0.1:${deadPort} ${origin}`,
  `*,path_beg=/http/failover 127.0.0.1:${deadPort},over_http ${origin},over_http`,
  `*,path_beg=/native/cross 127.0.0.1:${deadPort} ${origin},over_http`,
  `*,path_beg=/http/cross 127.0.0.1:${deadPort},over_http ${origin}`,
  `*,path_beg=/native/dead 127.0.0.1:${deadPort}`,
  `*,path_beg=/http/dead 127.0.0.1:${deadPort},over_http`,
  `*,path_beg=/native/debug,debug 127.0.0.1:${deadPort}`,
  `*,path_beg=/http/debug,debug 127.0.0.1:${deadPort},over_http`,
  `*,path_beg=/native/asked,as_host=asked.example ${origin}`,
  `*,path_beg=/http/asked,as_host=asked.example ${origin},over_http`,
  `only.example,proto=http,path_beg=/native ${origin}`,
])

for (const mode of SOCKET_MODES) {
  describeFlows(`the handshake of a WebSocket, ${mode},`, () => {
    it('reaches the origin with GRIP offered, and without what belongs to the client alone', async () => {
      const { origin, client } = await flow.open(
        mode,
        {},
        {
          deflate: true,
          query: '?room=1',
          headers: { Cookie: 'a=b', Origin: 'http://page.example', 'Grip-Feature': 'forged' },
        },
      )
      expect(origin.request.url).toMatch(/\?room=1$/)
      expect(origin.all('Sec-WebSocket-Extensions')).toEqual(['grip'])
      expect(origin.all('Cookie')).toEqual(['a=b'])
      expect(origin.all('Origin')).toEqual(['http://page.example'])
      expect(origin.all('Grip-Sig')).toHaveLength(1)
      expect(origin.all('Grip-Feature').join()).not.toContain('forged')
      expect(origin.all('Sec-WebSocket-Version')).toEqual(['13'])
      expect(client.socket.extensions).toBe('')
    })

    it('has the host that the route says', async () => {
      const { origin } = await flow.open(mode, {}, { under: '/asked', host: 'client.example' })
      expect(origin.all('Host')).toEqual(['asked.example'])
    })

    it('lets the origin choose among the protocols that the client speaks', async () => {
      const { origin, client } = await flow.open(
        mode,
        {
          headers: [
            ['Sec-WebSocket-Protocol', 'chat.v1'],
            ['Sec-WebSocket-Extensions', 'grip'],
          ],
        },
        { protocols: ['chat.v2', 'chat.v1'] },
      )
      expect(origin.all('Sec-WebSocket-Protocol').join().replaceAll(' ', '')).toBe('chat.v2,chat.v1')
      expect(client.socket.protocol).toBe('chat.v1')
    })

    it('is answered with the fields of the origin, less those of its own connection', async () => {
      const { client } = await flow.open(mode, {
        headers: [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Origin', 'yes'],
          ['Sec-WebSocket-Extensions', 'grip'],
        ],
      })
      const { rawHeaders, header } = client.answer!
      const cookies = rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === 'set-cookie')
      expect(cookies).toEqual(['a=1', 'b=2'])
      expect(header('X-Origin')).toBe('yes')
      expect(header('Sec-WebSocket-Extensions')).toBeUndefined()
      expect(header('Content-Type')).toBeUndefined()
    })

    holdfastOnly(it, 'Q2')('is answered without fields of GRIP', async () => {
      const { client } = await flow.open(mode, {
        headers: [
          ['Grip-Status', '200'],
          ['Sec-WebSocket-Extensions', 'grip'],
        ],
      })
      expect(client.answer!.header('Grip-Status')).toBeUndefined()
    })

    it('that the origin refuses is answered with what it said', async () => {
      const refusal = {
        status: 403,
        reason: 'Go Away',
        headers: [
          ['Content-Type', 'text/x-reason'],
          ['X-Why', 'because'],
          ['Upgrade', 'h2c'],
        ],
        body: 'you may not\n',
      } as const
      const answer = await flow.refused(mode, { refusal })
      expect(answer.status).toBe(403)
      expect(answer.body).toBe('you may not\n')
      // Zurl keeps no more than these of a native refusal.
      if (mode === 'native' && expected({ holdfast: false, pushpin: true })) return
      expect(answer.reason).toBe('Go Away')
      expect(answer.header('Content-Type')).toBe('text/x-reason')
      expect(answer.header('X-Why')).toBe('because')
      expect(answer.header('Upgrade')).toBeUndefined()
      expect(answer.header('Content-Length')).toBe('12')
    })

    it.each([301, 401, 404, 503])('that the origin refuses with %d is not tried anew', async (status) => {
      const path = flow.origin.script({
        refusal: { status, headers: [['Location', 'http://elsewhere.example/']] },
      })
      const prefix = mode === 'native' ? '/native' : '/http'
      const answer = await flow.shake(`${prefix}${path}`)
      if (answer instanceof SocketClient) throw new Error('accepted')
      expect(answer.status).toBe(status)
      expect(flow.origin.requests(path)).toHaveLength(1)
    })

    const itAnswers = holdfastOnly(it, 'Pushpin breaks the connection before 1.40')
    itAnswers('that the origin refuses at length is answered all the same', async () => {
      const body = 'x'.repeat(10_000)
      const answer = await flow.refused(mode, { refusal: { status: 403, body } })
      // Native refusals are limited by client_buffer_size, as Pushpin limits both; over HTTP there is more room.
      const whole = { status: 403, body }
      const ours = { status: 502, body: 'Error while proxying to origin.\n' }
      expect(answer).toMatchObject(mode === 'native' ? ours : whole)
    })

    it('goes to the next target when the first takes no connection', async () => {
      const { client, tell } = await flow.open(mode, {}, { under: '/failover' })
      tell(text('m:hi'))
      await client.hears('text hi')
    })

    it('may go to a target of the other kind then', async () => {
      const { client, tell } = await flow.open(mode, {}, { under: '/cross' })
      tell(text('m:hi'))
      await client.hears('text hi')
    })

    it('is answered 502 when no target takes a connection', async () => {
      const answer = await flow.refused(mode, {}, { under: '/dead' })
      expect(answer.status).toBe(502)
      expect(answer.body).toBe('Error while proxying to origin.\n')
    })

    it('is answered with the targets that were tried where the route has debug', async () => {
      const answer = await flow.refused(mode, {}, { under: '/debug' })
      expect(answer.status).toBe(502)
      expect(answer.body).toBe(`Unable to connect to any targets. Tried: 127.0.0.1:${deadPort}\n`)
    })

    it('that the client gives up is given up at the origin', async () => {
      const { client, origin } = await flow.open(mode)
      client.drop()
      await eventually('the drop', () => origin.heard.includes('drop'))
      expect(origin.heard).toEqual(['drop'])
    })
  })
}

describeFlows('a WebSocket', () => {
  it('for which there is no route is answered 502, be there one for HTTP', async () => {
    const answer = await flow.shake('/native/x', { host: 'only.example' })
    if (answer instanceof SocketClient) throw new Error('accepted')
    expect(answer.status).toBe(502)
    expect(answer.body).toBe(
      expected({ holdfast: 'Route not found\n', pushpin: 'No route for host: only.example\n' }),
    )
  })
})
