import { expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { hs256Token } from '../support/gripSig.ts'
import { uniqueName } from '../support/origin.ts'
import { describeFlows } from '../support/target.ts'

const flow = useFlow((origin) => [`* ${origin}`, `*,path_beg=/marked,orig_headers ${origin}`], {
  conf: {
    proxy: {
      upstream_key: 'shared secret',
      x_forwarded_for: 'truncate:0,append',
      x_forwarded_for_trusted: 'append',
    },
  },
})

const soon = () => Math.floor(Date.now() / 1000) + 3600
const validToken = () => hs256Token({ iss: 'the proxy in front', exp: soon() }, 'shared secret')
const signedBy = (token: string, ...others: HeaderList) => ({
  headers: [['Grip-Sig', token], ...others] as HeaderList,
})

describeFlows('a GRIP proxy in front that signs with upstream_key', () => {
  it('gets its Grip headers through to the origin as they are', async () => {
    const token = validToken()
    const request = await flow.seen(
      '',
      signedBy(token, ['Grip-Last', 'a; last-id=1'], ['Grip-Feature', 'theirs']),
    )
    expect(request.all('grip-sig')).toEqual([token])
    expect(request.all('grip-last')).toEqual(['a; last-id=1'])
    expect(request.all('grip-feature')).toEqual(['theirs'])
  })

  it('gets instructions back untouched, to act on them itself', async () => {
    const channel = uniqueName('channel')
    const headers = {
      'Grip-Hold': 'stream',
      'Grip-Channel': channel,
      'Grip-Keep-Alive': '\\n; format=cstring',
    }
    const response = await flow.answered({ headers, body: 'initial' }, '', signedBy(validToken()))
    expect(response.header('grip-hold')).toBe('stream')
    expect(response.header('grip-channel')).toBe(channel)
    expect(response.header('grip-keep-alive')).toBe('\\n; format=cstring')
    expect(response.text).toBe('initial')
  })

  it('gets instructions in a body back untouched', async () => {
    const body = '{"hold":{"mode":"stream","channels":[{"name":"a"}]}}'
    const headers = { 'Content-Type': 'application/grip-instruct' }
    const response = await flow.answered({ headers, body }, '', signedBy(validToken()))
    expect(response.header('content-type')).toBe('application/grip-instruct')
    expect(response.text).toBe(body)
  })

  it('is treated by x_forwarded_for_trusted', async () => {
    const forwarded: readonly [string, string] = ['X-Forwarded-For', '1.1.1.1']
    const trusted = await flow.seen('', signedBy(validToken(), forwarded))
    expect(trusted.all('x-forwarded-for')).toEqual(['1.1.1.1, 127.0.0.1'])
    const other = await flow.seen('', { headers: [forwarded] })
    expect(other.all('x-forwarded-for')).toEqual(['127.0.0.1'])
  })

  it('keeps what it marked, and gets nothing marked again', async () => {
    const headers = signedBy(validToken(), ['X-Plain', '1'], ['eb9bf0f5-X-Marked', 'm'])
    const request = await flow.seen('/marked', headers)
    expect(request.header('eb9bf0f5-x-marked')).toBe('m')
    expect(request.header('eb9bf0f5-x-plain')).toBeUndefined()
  })
})

describeFlows('a client whose Grip-Sig is not valid is an ordinary one', () => {
  it.each([
    ['has another key', () => hs256Token({ iss: 'x', exp: soon() }, 'wrong secret')],
    ['has expired', () => hs256Token({ iss: 'x', exp: soon() - 7200 }, 'shared secret')],
    ['never expires', () => hs256Token({ iss: 'x' }, 'shared secret')],
    ['is no token', () => 'nonsense'],
    ['is cut short', () => validToken().slice(0, -4)],
    [
      'claims to need no signature',
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${validToken().split('.')[1]}.`,
    ],
  ])('because it %s', async (_what, makeToken) => {
    const token = makeToken()
    const request = await flow.seen('', signedBy(token, ['Grip-Last', 'a; last-id=1']))
    expect(request.all('grip-sig')).not.toContain(token)
    expect(request.all('grip-sig')).toHaveLength(1)
    expect(request.header('grip-last')).toBeUndefined()
  })

  it('and its hold is kept here', async () => {
    const { poll, channel } = await flow.heldPoll({}, signedBy('nonsense'))
    await flow.publish({ channel, formats: { 'http-response': { body: 'held here' } } })
    expect((await poll.answer()).text).toBe('held here')
  })
})
