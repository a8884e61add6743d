import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../support/freePort.ts'
import { PublishSink } from '../support/publishSink.ts'
import { ensureBuilt, runHoldfast } from '../support/runHoldfast.ts'

const sink = new PublishSink()
beforeAll(ensureBuilt)
beforeAll(() => sink.listen())
afterAll(() => sink.close())
beforeEach(() => {
  sink.status = 200
  sink.text = 'Published\n'
})

const publish = (args: string[], env: Record<string, string> = {}) =>
  runHoldfast(['publish', ...args], { env })
const toSink = () => ['--spec', `http://127.0.0.1:${sink.port}`]

describe('holdfast publish', () => {
  it('posts one item and says so', async () => {
    const ran = await publish([...toSink(), '-M', 'a=b', '-H', 'X-A: b', '--id=7', 'c', '--', '-5'])
    expect(ran).toEqual({ code: 0, stdout: 'Published\n', stderr: '' })
    const { method, target, body } = sink.last
    expect([method, target]).toEqual(['POST', '/publish/'])
    expect(body).toMatchObject({
      items: [{ channel: 'c', id: '7', meta: { a: 'b' }, formats: { 'ws-message': { content: '-5' } } }],
    })
  })

  it('finds the server and the key in GRIP_URL', async () => {
    const ran = await publish(['c', 'x'], { GRIP_URL: `http://127.0.0.1:${sink.port}/base?key=secret` })
    expect(ran.code).toBe(0)
    expect(sink.last.target).toBe('/base/publish/')
    expect(sink.last.headers.authorization).toBe('Bearer secret')
  })

  it('says what the server said when that refuses', async () => {
    sink.status = 401
    sink.text = ' Unauthorized: no key was given.\n'
    expect(await publish([...toSink(), 'c', 'x'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: Unauthorized: no key was given.\n',
    })
    sink.text = ''
    expect((await publish([...toSink(), 'c', 'x'])).stderr).toBe('Error: 401 Unauthorized\n')
  })

  it('ends with 1 when nobody listens', async () => {
    const { code, stderr } = await publish(['--spec', `http://localhost:${await freePort()}`, 'c', 'x'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: connect ECONNREFUSED .*\n$/)
  })

  it('ends with 1 when an argument cannot be used, and with 2 when there is no such one', async () => {
    expect(await publish([...toSink(), 'c'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: must specify content\n',
    })
    const { code, stderr } = await publish(['--wat', 'a', 'b', 'c'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error: --wat: no such flag\nerror: unexpected argument "c"\n\n' +
        'Usage: holdfast publish CHANNEL [CONTENT] [FLAG]...\nFor more information try --help\n',
    )
    expect((await publish([])).stderr).toContain('error: CHANNEL is missing\n')
  })

  it('explains itself', async () => {
    const { code, stdout } = await publish(['--help'])
    expect(code).toBe(0)
    for (const flag of ['--spec', '--prev-id', '-M, --meta', '-H, --header', '-u, --user', '-B, --bearer'])
      expect(stdout).toContain(flag)
  })
})
