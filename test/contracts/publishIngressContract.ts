import { expect, it } from 'vitest'
import type { Flow } from '../support/flow.ts'
import { responseItem, streamItem } from '../support/publish.ts'
import { describeFlows } from '../support/target.ts'

type Item = Readonly<Record<string, unknown>>

/** One way to publish. */
export interface PublishIngress {
  readonly name: string
  /** Sends items, one after another, to a channel that somebody holds. */
  send(channel: string, items: readonly Item[]): Promise<void>
  /** True when text can only be text there, so that bytes go as base64. */
  readonly isText: boolean
}

/** What every way to publish does with the same items. */
export function describePublishIngress(flow: Flow, ingress: PublishIngress): void {
  const { name, isText } = ingress
  const bytes = Buffer.from([0, 10, 128, 255])
  const body = isText ? { 'body-bin': bytes.toString('base64') } : { body: bytes }
  const content = isText ? { 'content-bin': bytes.toString('base64') } : { content: bytes }

  describeFlows(`items published by ${name}`, () => {
    it('reach streams in their order', async () => {
      const { stream, channel } = await flow.heldStream({ body: 'open;' })
      const texts = Array.from({ length: 50 }, (_, i) => `${i};`)
      await ingress.send(
        channel,
        texts.map((text) => streamItem(channel, text)),
      )
      expect(await stream.until('49;')).toBe(`open;${texts.join('')}`)
    })

    it('answer long polls with code, reason, headers and body', async () => {
      const { poll, channel } = await flow.heldPoll()
      const format = { code: 404, reason: 'Not Here', headers: { 'X-A': 'é' }, body: 'gone\n' }
      await ingress.send(channel, [responseItem(channel, format)])
      const answer = await poll.answer()
      expect([answer.status, answer.reason, answer.text]).toEqual([404, 'Not Here', 'gone\n'])
      expect(Buffer.from(answer.header('x-a') ?? '', 'latin1').toString()).toBe('é')
    })

    it('carry text in any script', async () => {
      const { stream, channel } = await flow.heldStream()
      await ingress.send(channel, [streamItem(channel, 'zażółć 漢字 🚀.')])
      expect(await stream.until('🚀.')).toBe('zażółć 漢字 🚀.')
    })

    it('carry any bytes', async () => {
      const { poll, channel } = await flow.heldPoll()
      await ingress.send(channel, [{ channel, formats: { 'http-response': body, 'http-stream': content } }])
      expect((await poll.answer()).body).toEqual(bytes)
    })

    it('may have their formats beside the channel, as old libraries send them', async () => {
      const { stream, channel } = await flow.heldStream()
      await ingress.send(channel, [{ channel, 'http-stream': { content: 'x' } }])
      expect(await stream.until('x')).toBe('x')
    })

    it('may patch the response that the origin gave', async () => {
      const { poll, channel } = await flow.heldPoll({ body: '{"a":1}' })
      const patch = [{ op: 'replace', path: '/a', value: { b: [true, null, 'c'] } }]
      await ingress.send(channel, [responseItem(channel, { 'body-patch': patch })])
      expect(JSON.parse((await poll.answer()).text)).toEqual({ a: { b: [true, null, 'c'] } })
    })

    it('are taken once when they have the same id', async () => {
      const { stream, channel } = await flow.heldStream()
      const item = { ...streamItem(channel, 'once;'), id: 'a' }
      await ingress.send(channel, [item, item, streamItem(channel, 'end')])
      expect(await stream.until('end')).toBe('once;end')
    })

    it('wait for the one that comes before them', async () => {
      const { stream, channel } = await flow.heldStream()
      const first = { ...streamItem(channel, '1'), id: 'a' }
      const second = { ...streamItem(channel, '2'), id: 'b', 'prev-id': 'a' }
      const third = { ...streamItem(channel, '3'), id: 'c', 'prev-id': 'b' }
      await ingress.send(channel, [first, third, second])
      expect(await stream.until('3')).toBe('123')
    })

    it('need not wait with no-seq', async () => {
      const { stream, channel } = await flow.heldStream()
      const first = { ...streamItem(channel, '1'), id: 'a' }
      await ingress.send(channel, [first, { ...streamItem(channel, '9'), 'prev-id': 'x', 'no-seq': true }])
      expect(await stream.until('9')).toBe('19')
    })

    it('may end streams', async () => {
      const { stream, channel } = await flow.heldStream({ body: 'open;' })
      await ingress.send(channel, [streamItem(channel, { action: 'close' })])
      expect(await stream.ended()).toEqual({ complete: true, text: 'open;' })
    })

    it('may be empty', async () => {
      const { poll, channel } = await flow.heldPoll()
      await ingress.send(channel, [responseItem(channel, '')])
      expect((await poll.answer()).text).toBe('')
    })
  })
}
