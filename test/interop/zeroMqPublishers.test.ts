import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStream } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { freeSpecs, specSettings } from '../support/zeroMq.ts'
import { describeWithProgram, runProgram } from './support/programs.ts'

const specs = await freeSpecs()
let origin: ScriptedOrigin
let server: Running

beforeAll(async () => {
  origin = await startOrigin()
  server = await startTarget({ routes: [`* ${origin.address}`], conf: { handler: specSettings(specs) } })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

async function openHeldStream(channel: string) {
  const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': channel }
  const stream = await openStream(server.port, origin.answer({ headers }))
  await server.subscribed(channel)
  return stream
}

describeWithProgram('pushpin-publish', "Debian's pushpin-publish with a ZeroMQ spec", (program) => {
  it('sends a line to a stream', async () => {
    const channel = uniqueName('line')
    const stream = await openHeldStream(channel)
    expect(await runProgram(program, ['--spec', specs.pull, channel, 'hello'])).toEqual({
      code: 0,
      output: 'Published\n',
    })
    expect(await stream.until('hello\n')).toBe('hello\n')
    stream.client.destroy()
  })

  it('ends streams with --close', async () => {
    const channel = uniqueName('close')
    const stream = await openHeldStream(channel)
    await runProgram(program, ['--spec', specs.pull, '--close', channel])
    expect((await stream.ended()).complete).toBe(true)
  })
})

const python = process.env['PYTHON'] ?? '/usr/bin/python3'
const hasPython = spawnSync(python, ['-c', 'import zmq']).status === 0

/** Pushes an item as JSON. */
const PUSH = `
import json, sys, zmq
spec, channel = sys.argv[1:3]
socket = zmq.Context.instance().socket(zmq.PUSH)
socket.connect(spec)
item = {'channel': channel, 'formats': {'http-stream': {'content': 'from python\\n'}}}
socket.send(b'J' + json.dumps(item).encode('utf-8'))
`

/** Waits for the subscription to a channel, tells of it, publishes to it, and waits for the end of the subscription. */
const XPUB = `
import json, sys, zmq
spec, channel = sys.argv[1], sys.argv[2].encode('utf-8')
socket = zmq.Context.instance().socket(zmq.XPUB)
socket.connect(spec)
while socket.recv() != b'\\x01' + channel: pass
print('subscribed', flush=True)
item = {'formats': {'http-stream': {'content': 'from python\\n'}}}
socket.send_multipart([channel, b'J' + json.dumps(item).encode('utf-8')])
while socket.recv() != b'\\x00' + channel: pass
print('unsubscribed', flush=True)
`

/** Asks for the sockets of the server, with a REQ socket. */
const REQ = `
import sys, zmq
socket = zmq.Context.instance().socket(zmq.REQ)
socket.connect(sys.argv[1])
socket.send(b'25:6:method,12:get-zmq-uris,}')
print(socket.recv().decode('utf-8'))
`

const describePython = hasPython ? describe : describe.skip
const missing = hasPython ? '' : ' [skipped: python3-zmq is not installed]'

describePython(`a Python program with pyzmq${missing}`, () => {
  it('publishes with a PUSH socket', async () => {
    const channel = uniqueName('python')
    const stream = await openHeldStream(channel)
    expect((await runProgram(python, ['-c', PUSH, specs.pull, channel])).code).toBe(0)
    expect(await stream.until('python\n')).toBe('from python\n')
    stream.client.destroy()
  })

  it('sees with an XPUB socket who subscribes, and publishes to them', async () => {
    const channel = uniqueName('python')
    const ran = runProgram(python, ['-c', XPUB, specs.sub, channel])
    const stream = await openHeldStream(channel)
    expect(await stream.until('python\n')).toBe('from python\n')
    stream.client.destroy()
    expect(await ran).toEqual({ code: 0, output: 'subscribed\nunsubscribed\n' })
  })

  it('asks with a REQ socket', async () => {
    const { output } = await runProgram(python, ['-c', REQ, specs.command])
    for (const spec of Object.values(specs)) expect(output).toContain(`${spec.length}:${spec},`)
  })
})
