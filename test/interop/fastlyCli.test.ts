import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Publisher } from '@fanoutio/grip'
import { buildFanoutGripConfig } from '@fanoutio/grip/fastly-fanout'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longPoll, openStream } from '../support/client.ts'
import { FASTLY_KEY, fastlyConfText } from '../support/fastlyConf.ts'
import { freePort } from '../support/freePort.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { TestProcess } from '../support/process.ts'
import { ensureBuilt } from '../support/runHoldfast.ts'
import { eventually } from '../support/waiting.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

describe('under the Fastly CLI', () => {
  let folder: string
  let origin: ScriptedOrigin
  let server: TestProcess
  let clientPort: number
  let publishPort: number

  beforeAll(async () => {
    ensureBuilt()
    folder = mkdtempSync(join(tmpdir(), 'holdfast-fastly-'))
    origin = await startOrigin()
    clientPort = await freePort()
    publishPort = await freePort()
    const zeroMqPorts = [await freePort(), await freePort(), await freePort()] as const
    const confFile = join(folder, 'pushpin.conf')
    writeFileSync(confFile, fastlyConfText({ folder, clientPort, publishPort, zeroMqPorts }))
    writeFileSync(join(folder, 'pushpin-routes'), `id=origin ${origin.address},over_http\n`)
    server = new TestProcess(process.execPath, [program, `--config=${confFile}`, '--verbose'], {
      cwd: folder,
    })
    // The CLI waits for a line that ends so.
    await eventually('the line "started"', () => /started$/m.test(server.output) || server.hasExited, 15_000)
  })
  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const hold = (mode: string, channel: string) =>
    origin.answer({ headers: { 'Grip-Hold': mode, 'Grip-Channel': channel }, body: '[open]\n' })
  const handedOver = { headers: { 'Pushpin-Route': 'origin' } }
  const subscribed = (channel: string) =>
    eventually('the subscription', () => server.output.includes(`channel=${channel}`))
  const publisherAt = (baseUrl: string) =>
    new Publisher(
      buildFanoutGripConfig({
        serviceId: 'abc123',
        apiToken: 'any token',
        baseUrl,
        verifyIss: 'viceroy',
        verifyKey: FASTLY_KEY,
      }),
    )

  it('writes lines that the CLI takes apart', () => {
    for (const line of server.output.trimEnd().split('\n')) {
      expect(line).toMatch(/^\[(?:ERR|WARN|INFO|DEBUG)\] \S+ \S+ \S/)
    }
  })

  it.each(['', '/service/abc123'])('streams what the library for Fanout publishes at "%s"', async (path) => {
    const channel = uniqueName('stream')
    const stream = await openStream(clientPort, hold('stream', channel), handedOver)
    await stream.until('[open]\n')
    await subscribed(channel)
    await publisherAt(`http://127.0.0.1:${publishPort}${path}`).publishHttpStream(channel, 'news\n')
    await stream.until('news\n')
    await eventually('a line that --verbose adds', () =>
      server.output.includes(`control: POST ${path}/publish/ code=200`),
    )
    stream.client.destroy()
  })

  it('answers a long poll with what the library publishes', async () => {
    const channel = uniqueName('poll')
    const poll = await longPoll(clientPort, hold('response', channel), handedOver)
    await subscribed(channel)
    await publisherAt(`http://127.0.0.1:${publishPort}`).publishHttpResponse(channel, 'news')
    expect((await poll.answer()).text).toBe('news')
    poll.client.destroy()
  })

  it('signs requests so that the library knows them', async () => {
    const path = hold('stream', uniqueName('sig'))
    const stream = await openStream(clientPort, path, handedOver)
    const token = (await origin.request(path)).header('grip-sig')
    const publisher = publisherAt(`http://127.0.0.1:${publishPort}`)
    expect(await publisher.validateGripSig(token ?? null)).toMatchObject({ isProxied: true, isSigned: true })
    stream.client.destroy()
  })
})
