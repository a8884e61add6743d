import { describe, expect, it } from 'vitest'
import { openTestSocket } from './socketSupport.ts'

describe('a WebSocket handshake', () => {
  it('without a route is refused and logged as such', () => {
    const { handshake, logged } = openTestSocket({ routes: ['other.test a:1'], options: { logFrom: true } })
    expect(handshake.refused).toEqual({ status: 502, text: 'Route not found\n' })
    expect(logged()).toBe('info GET ws://client.test/path from=192.0.2.9 code=502 16 no route')
  })

  it('on a no_grip route is passed on as one', () => {
    const { handshake } = openTestSocket({ routes: ['*,no_grip a:1'] })
    expect(handshake.passed!.headers.slice(-4)).toEqual(['Connection', 'Upgrade', 'Upgrade', 'websocket'])
  })

  it.each(['*,no_grip a:1,over_http', '*,no_grip a:1,sub=x'])(
    'on the route "%s" is not one to be passed on',
    (route) => {
      const { handshake } = openTestSocket({ routes: [route] })
      expect([handshake.passed, handshake.refused]).toEqual([undefined, undefined])
    },
  )
})
