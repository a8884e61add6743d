import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { letInherit } from '../../src/accept/inheritedOptions.ts'
import { eventually } from '../support/waiting.ts'
import { get, startListener } from './support.ts'

/** What Linux calls the timer of a connection on which nothing but TCP's keep-alive runs. */
const KEEP_ALIVE_TIMER = '02'
const ESTABLISHED = '01'

/** The timers of the server's ends of a port's connections. proc_pid_net(5). */
function timersOf(port: number): string {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const ours = rows.filter(([, local, , state]) => local?.endsWith(end) && state === ESTABLISHED)
  return ours.map(([, , , , , timer]) => timer?.slice(0, 2)).join()
}

describe.runIf(process.platform === 'linux')('a connection whose client says nothing', () => {
  it('is probed by TCP', async () => {
    const { client, exchange, port } = await startListener()
    const silent = await client()
    silent.send(get('/'))
    await exchange(0)
    await eventually('only the keep-alive runs', () => timersOf(port) === KEEP_ALIVE_TIMER)
  })

  it('has that of the socket that listens, where Node sets nothing', async () => {
    const server = createServer({ keepAlive: true, noDelay: true }, (socket) => socket.on('error', () => {}))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    letInherit(server, 30_000)
    expect(server).toMatchObject({ keepAlive: false, noDelay: false })
    const { port } = server.address() as AddressInfo
    const client = connect(port, '127.0.0.1')
    await eventually('only the keep-alive runs', () => timersOf(port) === KEEP_ALIVE_TIMER)
    client.destroy()
    server.close()
    await once(server, 'close')
  })
})
