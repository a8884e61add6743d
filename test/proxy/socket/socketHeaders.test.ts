import { describe, expect, it } from 'vitest'
import { GRIP_FEATURE_VALUE } from '../../../src/grip/gripFeature.ts'
import { openTestSocket } from '../socketSupport.ts'

const HANDSHAKE = [
  ...['Host', 'client.test', 'Connection', 'Upgrade, X-Hop', 'Upgrade', 'websocket', 'X-Hop', '1'],
  ...[
    'Sec-WebSocket-Key',
    'key',
    'Sec-WebSocket-Version',
    '13',
    'Sec-WebSocket-Extensions',
    'permessage-deflate',
  ],
  ...[
    'Sec-WebSocket-Protocol',
    'chat',
    'Accept-Encoding',
    'br',
    'Content-Encoding',
    'br',
    'Origin',
    'http://o',
    'Grip-X',
    '1',
  ],
]

type Setup = Parameters<typeof openTestSocket>[0]

/** The fields with which a native origin is asked. */
function native(setup: Setup = {}): readonly string[] {
  return openTestSocket({ request: { headers: HANDSHAKE }, ...setup }).sockets[0]!.request.headers
}

const PASSED = ['Sec-WebSocket-Protocol', 'chat', 'Origin', 'http://o']

describe("the fields of an origin's handshake", () => {
  it('are those of the client that are not of its own hop, and offer GRIP', () => {
    expect(native()).toEqual([
      ...PASSED,
      'Grip-Feature',
      GRIP_FEATURE_VALUE,
      'Sec-WebSocket-Extensions',
      'grip',
    ])
  })

  it('offer no GRIP on a no_grip route', () => {
    expect(native({ routes: ['*,no_grip a:1,sub=x'] })).toEqual(PASSED)
  })

  it('offer GRIP in the name of a trusted GRIP proxy where that has offered it', () => {
    const trusted = (extensions: string) =>
      native({
        trusted: ['sig'],
        request: { headers: ['Grip-Sig', 'sig', 'Sec-WebSocket-Extensions', extensions] },
      })
    expect(trusted('grip')).toEqual(['Grip-Sig', 'sig', 'Sec-WebSocket-Extensions', 'grip'])
    expect(trusted('permessage-deflate')).toEqual(['Grip-Sig', 'sig'])
  })

  it('name the scheme as Pushpin does to WebSocket origins, and that of the request to those over HTTP', () => {
    const setup = {
      options: { setXForwardedProtocol: 'both' as const },
      request: { headers: [], secure: true },
    }
    const asked = openTestSocket({ ...setup, routes: ['* a:1,over_http'] }).origin.asked[0]!.request.headers
    expect(native(setup).slice(0, 4)).toEqual(['X-Forwarded-Proto', 'wss', 'X-Forwarded-Protocol', 'wss'])
    expect(asked.slice(0, 4)).toEqual(['X-Forwarded-Proto', 'https', 'X-Forwarded-Protocol', 'https'])
  })

  it("are the client's own where the scheme is not ours to name", () => {
    const request = { headers: ['X-Forwarded-Proto', 'https'], secure: true }
    expect(native({ request }).slice(0, 2)).toEqual(['X-Forwarded-Proto', 'https'])
  })

  it('have the key and version of the client over HTTP', () => {
    const { origin } = openTestSocket({ routes: ['* a:1,over_http'], request: { headers: HANDSHAKE } })
    expect(origin.asked[0]!.request.headers.slice(0, 8)).toEqual([
      ...['Sec-WebSocket-Key', 'key', 'Sec-WebSocket-Version', '13'],
      ...PASSED,
    ])
  })
})
