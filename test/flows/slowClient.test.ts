import { expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { useFlow } from '../support/flow.ts'
import { publishCounted, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useFlow((origin) => [`* ${origin}`], { conf: { runner: { client_send_buffer: 200_000 } } })
const itCloses = holdfastOnly(it, 'Pushpin drops items beyond 100 a client, unseen')

/** More than the socket buffers of both sides and `client_send_buffer` hold together. */
const PARTS = 200
const PART_BYTES = 100_000

describeFlows('a client that does not read', () => {
  itCloses('is cut off when client_send_buffer is full, and the log and the admin API name it', async () => {
    const { stream, channel } = await flow.heldStream()
    stream.client.socket.pause()
    const part = 'x'.repeat(PART_BYTES)
    await eventually('the client is no longer held', async () => {
      const [item] = await publishCounted(flow.server.controlPort, [streamItem(channel, part)])
      return item!.holds === 0
    })
    const line = await eventually('the log line', () =>
      flow.server
        .logs()
        .split('\n')
        .find((text) => text.includes('slow-client')),
    )
    expect(line).toMatch(
      /closed 127\.0\.0\.1: slow-client: \d+ bytes unread, \d+ more to send, client_send_buffer is 200000/,
    )
    const admin = new AdminClient(flow.server)
    const { errors } = await admin.get('/errors')
    expect(errors.map(({ message }: { message: string }) => message)).toContainEqual(
      expect.stringContaining('slow-client'),
    )
    stream.client.socket.resume()
    const { complete, text } = await stream.ended()
    expect(complete).toBe(false)
    expect(text.length).toBeLessThan(PARTS * PART_BYTES)
  })

  itCloses('costs only itself: others on the channel get everything', async () => {
    const slow = await flow.heldStream()
    const quick = await flow.heldStream({ headers: { 'Grip-Channel': slow.channel } })
    await flow.server.subscribed(slow.channel, 2)
    slow.stream.client.socket.pause()
    const part = `${'x'.repeat(PART_BYTES - 1)}\n`
    for (let i = 1; i <= PARTS; i++) {
      await flow.publish(streamItem(slow.channel, part))
      await quick.stream.untilLength(i * PART_BYTES)
    }
    const [item] = await publishCounted(flow.server.controlPort, [streamItem(slow.channel, 'end')])
    expect(item!.holds).toBe(1)
    await quick.stream.until('end')
  })

  itCloses('for a moment only loses nothing', async () => {
    const { stream, channel } = await flow.heldStream()
    stream.client.socket.pause()
    for (let i = 0; i < 10; i++) await flow.publish(streamItem(channel, `${i};`.padEnd(1000, '.')))
    stream.client.socket.resume()
    await flow.publish(streamItem(channel, 'end'))
    const text = await stream.until('end')
    expect(text.length).toBe(10_003)
    expect(text.match(/\d;/g)).toEqual(Array.from({ length: 10 }, (_, index) => `${index};`))
  })
})
