import { afterAll, beforeAll, expect, it } from 'vitest'
import { longPoll, openStream } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { describeWithProgram, type Ran, runProgram } from './support/programs.ts'

describeWithProgram('pushpin-publish', "Debian's pushpin-publish", (program) => {
  let origin: ScriptedOrigin
  let server: Running

  beforeAll(async () => {
    origin = await startOrigin()
    server = await startTarget({ routes: [`* ${origin.address}`] })
  })
  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  const run = (...args: string[]): Promise<Ran> =>
    runProgram(program, ['--spec', `http://localhost:${server.controlPort}`, ...args])
  const published = { code: 0, output: 'Published\n' }

  const hold = (mode: 'stream' | 'response', channel: string) =>
    origin.answer({
      headers: { 'Content-Type': 'text/plain', 'Grip-Hold': mode, 'Grip-Channel': channel, 'X-Kept': 'yes' },
      body: '[open]\n',
    })

  async function openHeldStream(channel: string) {
    const stream = await openStream(server.port, hold('stream', channel))
    await stream.until('[open]\n')
    await server.subscribed(channel)
    return stream
  }

  async function openHeldPoll(channel: string) {
    const poll = await longPoll(server.port, hold('response', channel))
    await server.subscribed(channel)
    return poll
  }

  it('sends a line to a stream and the same line as the answer of a long poll', async () => {
    const channel = uniqueName('line')
    const stream = await openHeldStream(channel)
    const poll = await openHeldPoll(channel)
    await server.subscribed(channel, 2)
    expect(await run(channel, 'hello')).toEqual(published)
    expect(await stream.until('hello')).toBe('[open]\nhello\n')
    const { status, text } = await poll.answer()
    expect([status, text]).toEqual([200, 'hello\n'])
    stream.client.destroy()
    poll.client.destroy()
  })

  it('leaves the line end out with --no-eol', async () => {
    const channel = uniqueName('no-eol')
    const poll = await openHeldPoll(channel)
    expect(await run('--no-eol', channel, 'hello')).toEqual(published)
    expect((await poll.answer()).text).toBe('hello')
    poll.client.destroy()
  })

  it('sets the code with --code and headers with -H', async () => {
    const channel = uniqueName('code')
    const poll = await openHeldPoll(channel)
    expect(await run(channel, 'gone', '--code', '410', '-H', 'X-Why: moved', '-H', 'X-Kept: no')).toEqual(
      published,
    )
    const response = await poll.answer()
    expect([response.status, response.reason, response.text]).toEqual([410, 'Gone', 'gone\n'])
    expect([response.header('x-why'), response.all('x-kept')]).toEqual(['moved', ['no']])
    poll.client.destroy()
  })

  it('ends streams with --close', async () => {
    const channel = uniqueName('close')
    const stream = await openHeldStream(channel)
    expect(await run('--close', channel)).toEqual(published)
    expect(await stream.ended()).toEqual({ complete: true, text: '[open]\n' })
  })

  it('may send a --hint, which a stream without a next link does not follow', async () => {
    const channel = uniqueName('hint')
    const stream = await openHeldStream(channel)
    expect(await run('--hint', channel)).toEqual(published)
    expect(await run(channel, 'hello')).toEqual(published)
    expect(await stream.until('hello')).toBe('[open]\nhello\n')
    stream.client.destroy()
  })

  it('may name each item with --id and the one before it with --prev-id', async () => {
    const channel = uniqueName('id')
    const stream = await openHeldStream(channel)
    expect(await run('--id', 'a', channel, 'first')).toEqual(published)
    expect(await run('--id', 'b', '--prev-id', 'a', channel, 'second')).toEqual(published)
    expect(await stream.until('second')).toBe('[open]\nfirst\nsecond\n')
    stream.client.destroy()
  })

  it('may name a sender, meta and --no-seq', async () => {
    const channel = uniqueName('meta')
    const stream = await openHeldStream(channel)
    expect(await run('--sender', 'me', '-M', 'a=b', '--no-seq', '--', channel, 'x')).toEqual(published)
    await stream.until('x\n')
    stream.client.destroy()
  })

  it('fails when nobody listens at the port', async () => {
    const { code, output } = await runProgram(program, [
      '--spec',
      `http://localhost:${await freePort()}`,
      'c',
      'x',
    ])
    expect(code).toBe(1)
    expect(output).toMatch(/^Error: /)
  })
})
