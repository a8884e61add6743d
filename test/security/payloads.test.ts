import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../support/rawClient.ts'
import { type Running, startTarget } from '../support/target.ts'
import { RecordingOrigin } from './support/recordingOrigin.ts'

/**
 * Requests of somebody else's collection: a JSON list of base64 strings. `HOLDFAST_PAYLOADS=file npx vitest run test/security/payloads`
 * sends each on a connection of its own and looks at what reaches the origin.
 */
const { HOLDFAST_PAYLOADS: file } = process.env
const payloads = file === undefined ? [] : (JSON.parse(readFileSync(file, 'utf8')) as string[])

/** Sent behind each, so that the connection ends; it may be taken for a part of what is before it. */
const NEXT = Buffer.from('GET /next HTTP/1.1\r\nHost: next.test\r\nConnection: close\r\n\r\n')

/** One that is not answered in this time waits for more of a body. */
const PATIENCE_MS = 500

describe.runIf(payloads.length > 0).each([
  ['a route', '*'],
  ['a route without GRIP', '*,no_grip'],
])('a collection of requests over %s', (_, condition) => {
  let server: Running
  let origin: RecordingOrigin

  beforeAll(async () => {
    origin = await RecordingOrigin.start()
    server = await startTarget({ routes: [`${condition} 127.0.0.1:${origin.port}`] })
  })

  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  test('reaches the origin as what it was taken for, or not at all', { timeout: 3_600_000 }, async () => {
    const counts = { sent: 0, forwarded: 0, waiting: 0 }
    const bad: string[] = []
    for (const payload of payloads) {
      const bytes = Buffer.from(payload, 'base64')
      const client = await connect(server.port)
      client.send(Buffer.concat([bytes, NEXT]))
      await client.closed(PATIENCE_MS).catch(() => counts.waiting++)
      const answers = await client.until(() => true)
      client.destroy()
      const { requests, faults } = origin.take()
      counts.sent++
      counts.forwarded += requests.length
      const answered = answers.split('HTTP/1.1 200 ').length - 1
      for (const fault of faults) bad.push(`${fault}: ${bytes.toString('latin1')}`)
      if (answered !== requests.length)
        bad.push(`${answered} answers to ${requests.length}: ${bytes.toString('latin1')}`)
    }
    console.log(counts)
    expect(bad).toEqual([])
  })
})
