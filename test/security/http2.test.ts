import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { freePort } from '../support/freePort.ts'
import { type Running, startTarget } from '../support/target.ts'
import { http2Rows } from './http2/rows.ts'
import { sendHttp2 } from './support/rawHttp2.ts'
import { RecordingOrigin } from './support/recordingOrigin.ts'

describe.each([
  ['a route', '*'],
  ['a route without GRIP', '*,no_grip'],
])('an HTTP/2 request over %s', (_, condition) => {
  let server: Running
  let origin: RecordingOrigin
  let port: number

  beforeAll(async () => {
    port = await freePort()
    origin = await RecordingOrigin.start()
    server = await startTarget({
      routes: [`${condition} 127.0.0.1:${origin.port}`],
      conf: { runner: { https_ports: `127.0.0.1:${port}` } },
      files: {
        [`runner/certs/default_${port}.crt`]: DEFAULT_CERTIFICATE.cert,
        [`runner/certs/default_${port}.key`]: DEFAULT_CERTIFICATE.key,
      },
    })
  })

  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  test.each(http2Rows)('$name', async ({ message, reaches, isBare = false }) => {
    const outcome = await sendHttp2(port, message)
    const { requests, faults } = origin.take()
    const reached = requests.map(({ method, target, body }) => `${method} ${target} ${body}`.trimEnd())
    expect(faults).toEqual([])
    if (isBare)
      expect(requests.flatMap(({ fields }) => fields.map(([name]) => name)).filter(isForeign)).toEqual([])
    if (reaches === undefined) {
      expect(reached).toEqual([])
      expect(outcome).not.toBe('answered 200')
    } else {
      expect([outcome, reached]).toEqual(['answered 200', [reaches.trimEnd()]])
    }
  })
})

/** What we say to origins by ourselves. */
function isForeign(name: string): boolean {
  return !/^(?:host|connection|via|x-forwarded-.*|grip-.*)$/.test(name)
}
