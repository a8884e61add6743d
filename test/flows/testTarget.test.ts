import { afterAll, beforeAll, expect, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { uniqueName } from '../support/origin.ts'
import { publish, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, type Running, startTarget } from '../support/target.ts'

let server: Running
beforeAll(async () => {
  server = await startTarget({ routes: ['* test', '*,path_beg=/below test', '*,path_beg=/slash/ test'] })
})
afterAll(() => server?.stop())

describeFlows('the built-in test origin', () => {
  it('greets at /', async () => {
    const response = await get(server.port, '/')
    expect(response.status).toBe(200)
    expect(response.header('content-type')).toBe('text/plain')
    expect(response.text).toMatch(/^Hello from .*test handler!\n$/)
  })

  it('holds a long poll at /response and answers it with what is published', async () => {
    const channel = uniqueName('test')
    const poll = await longPoll(server.port, `/response?channel=${channel}`)
    await server.subscribed(channel)
    await publish(server, responseItem(channel, 'news\n'))
    const response = await poll.answer()
    expect(response.status).toBe(200)
    expect(response.text).toBe('news\n')
    poll.client.destroy()
  })

  it('holds a stream at /stream and adds what is published', async () => {
    const channel = uniqueName('test')
    const stream = await openStream(server.port, `/stream?channel=${channel}`)
    expect(stream.head.status).toBe(200)
    await stream.until('[stream opened]\n')
    await server.subscribed(channel)
    await publish(server, streamItem(channel, 'news\n'))
    expect(await stream.until('news\n')).toBe('[stream opened]\nnews\n')
    stream.client.destroy()
  })

  it('subscribes to every channel that the query names', async () => {
    const [one, two] = [uniqueName('one'), uniqueName('two')]
    const stream = await openStream(server.port, `/stream?channel=${one}&channel=${two}`)
    await server.subscribed(one)
    await server.subscribed(two)
    await publish(server, streamItem(one, 'from one\n'), streamItem(two, 'from two\n'))
    expect(await stream.until('from two\n')).toBe('[stream opened]\nfrom one\nfrom two\n')
    stream.client.destroy()
  })

  it('uses the channel test when the query names none', async () => {
    const stream = await openStream(server.port, '/stream')
    await server.subscribed('test')
    await publish(server, streamItem('test', 'for test\n'))
    await stream.until('for test\n')
    stream.client.destroy()
  })

  it('ignores a slash at the end of the path', async () => {
    const channel = uniqueName('test')
    const stream = await openStream(server.port, `/stream/?channel=${channel}`)
    await stream.until('[stream opened]\n')
    stream.client.destroy()
  })

  it.each(['/below', '/slash/'])('serves its resources below the prefix %s of its route', async (prefix) => {
    const channel = uniqueName('test')
    const stream = await openStream(server.port, `${prefix.replace(/\/$/, '')}/stream?channel=${channel}`)
    await stream.until('[stream opened]\n')
    stream.client.destroy()
  })

  it('answers 404 for a path that it does not know', async () => {
    const response = await get(server.port, '/elsewhere')
    expect(response.status).toBe(404)
    expect(response.header('content-type')).toBe('text/plain')
    expect(response.text).toBe('no such test resource\n')
  })

  it('refuses a request body of more than 100000 bytes', async () => {
    const response = await get(server.port, '/', { method: 'POST', body: 'x'.repeat(100_001) })
    expect(response.status).toBe(400)
    expect(response.text).toBe('request too large\n')
  })

  it('accepts a request body of 100000 bytes', async () => {
    const response = await get(server.port, '/', { method: 'POST', body: 'x'.repeat(100_000) })
    expect(response.status).toBe(200)
  })
})
