import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Pull, type Socket } from 'zeromq'
import { bindSocket } from '../../src/zeroMq/bindSocket.ts'

const open: Socket[] = []
const socket = (): Pull => {
  const pull = new Pull()
  open.push(pull)
  return pull
}

afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

describe('binding a ZeroMQ socket', () => {
  it('fails with the spec and the reason where another socket is bound', async () => {
    const first = socket()
    await bindSocket(first, 'tcp://127.0.0.1:*', { ipcFileMode: undefined })
    const spec = first.lastEndpoint!
    await expect(bindSocket(socket(), spec, { ipcFileMode: undefined })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `unable to bind to ${spec}: Address already in use`,
    })
  })

  it('makes the folder of an ipc socket and gives the file its mode', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bind-'))
    const path = join(directory, 'run', 'in')
    await bindSocket(socket(), `ipc://${path}`, { ipcFileMode: 0o641 })
    expect(statSync(path).mode & 0o777).toBe(0o641)
    rmSync(directory, { recursive: true })
  })

  it('takes IPv6 addresses', async () => {
    const pull = socket()
    await bindSocket(pull, 'tcp://[::1]:*', { ipcFileMode: undefined })
    expect(pull.lastEndpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/)
  })
})
