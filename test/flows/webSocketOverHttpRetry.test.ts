import { createServer, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { freePort } from '../support/freePort.ts'
import { EVENTS_TYPE, openPath, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const restarted = await freePort()
const nobody = await freePort()

const flow = useOverHttpFlow((origin) => [
  `*,path_beg=/restarted 127.0.0.1:${restarted},over_http`,
  `*,path_beg=/failover 127.0.0.1:${nobody},over_http ${origin},over_http`,
])

const servers = new Set<Server>()
afterEach(async () => {
  for (const server of servers) await stop(server)
})

/** Starts an origin that accepts every WebSocket, and notes what else it is sent. */
async function start(): Promise<{ server: Server; bodies: string[] }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      response.writeHead(200, { 'Content-Type': EVENTS_TYPE })
      if (body === 'OPEN\r\n') response.end(body)
      else {
        bodies.push(body)
        response.end('TEXT 4\r\nback\r\n')
      }
    })
  })
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(restarted, '127.0.0.1', resolve))
  return { server, bodies }
}

async function stop(server: Server): Promise<void> {
  servers.delete(server)
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}

describeFlows('an origin over HTTP that cannot be reached', () => {
  it('for a while gets what the client said meanwhile', async () => {
    const before = await start()
    const socket = await openPath(flow, '/restarted')
    await stop(before.server)
    socket.send('text', 'one')
    await flow.get('/nowhere')
    socket.send('text', 'two')
    const { bodies } = await start()
    expect(await socket.next()).toBe('text back')
    await eventually('both messages', () => bodies.length === 2)
    expect(bodies).toEqual(['TEXT 3\r\none\r\n', 'TEXT 3\r\ntwo\r\n'])
    socket.client.destroy()
    await eventually('the end at the origin', () => bodies.at(-1) === 'DISCONNECT\r\n')
  })

  it('when a WebSocket is opened is passed over for the next target', async () => {
    const path = flow.origin.answer(
      { headers: [['Content-Type', EVENTS_TYPE]], body: 'OPEN\r\nTEXT 2\r\nhi\r\n' },
      '/failover',
    )
    const socket = await openPath(flow, path)
    expect(await socket.next()).toBe('text hi')
  })
})
