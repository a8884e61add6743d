import { afterAll, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../../support/certificates.ts'
import { freePort } from '../../support/freePort.ts'
import { describeFlows, expected } from '../../support/target.ts'
import { SocketClient, shakeHands } from '../../support/webSocket/socketClient.ts'
import { text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, useSocketFlow } from '../../support/webSocket/socketFlow.ts'
import { startSocketOrigin } from '../../support/webSocket/socketOrigin.ts'

const tlsPort = await freePort()
const tlsOrigin = await startSocketOrigin({ certificate: DEFAULT_CERTIFICATE })
afterAll(() => tlsOrigin.stop())

const flow = useSocketFlow(
  () => [
    `*,path_beg=/native/tls ${tlsOrigin.address},ssl,insecure`,
    `*,path_beg=/http/tls ${tlsOrigin.address},ssl,insecure,over_http`,
    `*,path_beg=/native/checked ${tlsOrigin.address},ssl`,
    `*,path_beg=/http/checked ${tlsOrigin.address},ssl,over_http`,
  ],
  {
    conf: { runner: { https_ports: `127.0.0.1:${tlsPort}` } },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  },
)

for (const mode of SOCKET_MODES) {
  const prefix = mode === 'native' ? '/native' : '/http'

  describeFlows(`TLS and WebSockets, ${mode}:`, () => {
    it('a client that comes by TLS is served, and its origin told', async () => {
      const path = flow.origin.script({}, prefix)
      const client = await shakeHands(tlsPort, path, { secure: true })
      if (!(client instanceof SocketClient)) throw new Error(`refused: ${client.status}`)
      client.send('hello')
      const origin = await flow.origin.opened(path)
      await origin.hears('text hello')
      // Q3: over HTTP it is the scheme of the request that the origin gets, for which frameworks look.
      const overHttp = expected({ holdfast: 'https', pushpin: 'wss' })
      expect(origin.all('X-Forwarded-Proto')).toEqual([mode === 'native' ? 'wss' : overHttp])
    })

    it('a client that comes without is not said to come by it', async () => {
      const { origin } = await flow.open(mode, {}, { headers: { 'X-Forwarded-Proto': 'https' } })
      expect(origin.all('X-Forwarded-Proto')).toEqual([])
    })

    it('an origin with TLS is reached', async () => {
      const path = tlsOrigin.script({ opening: [text('m:hi')] }, `${prefix}/tls`)
      const client = await flow.shake(path)
      if (!(client instanceof SocketClient)) throw new Error(`refused: ${client.status}`)
      await client.hears('text hi')
      client.send('hello')
      const origin = await tlsOrigin.opened(path)
      await origin.hears('text hello')
      client.drop()
      await origin.hears('text hello', 'drop')
    })

    it('an origin whose certificate is not to be trusted is not reached', async () => {
      const path = tlsOrigin.script({}, `${prefix}/checked`)
      const answer = await flow.shake(path)
      if (answer instanceof SocketClient) throw new Error('accepted')
      expect(answer.status).toBe(502)
      expect(tlsOrigin.requests(path)).toEqual([])
    })
  })
}
