import { describe, expect, it } from 'vitest'
import type { ClientSocket } from '../../../src/edges/socket.ts'
import { getHeader } from '../../../src/util/headers.ts'
import { createTestSockJs } from './support.ts'

const text = (socket: ClientSocket, content: string): void => socket.send('text', Buffer.from(content))

describe('a client that polls', () => {
  it('is told that its WebSocket is open', () => {
    const { response } = createTestSockJs().open()
    expect([response.body, response.state]).toEqual(['o\n', 'ended'])
    expect(getHeader(response.sentHead!.headers, 'content-type')).toBe('text/plain')
  })

  it('gets what waits for it in one frame', () => {
    const { open, send } = createTestSockJs()
    const { socket } = open()
    text(socket, 'a')
    socket.send('binary', Buffer.from('b'))
    socket.write(socket.framing.frame('text', Buffer.from('c')))
    expect(send('POST', '/0/id/xhr').body).toBe('a["a","b","c"]\n')
    expect(socket.bytesQueued).toBe(0)
  })

  it('gets what comes while it asks at once, and the rest when it asks again', () => {
    const { open, send } = createTestSockJs()
    const { socket } = open()
    const poll = send('POST', '/0/id/xhr')
    text(socket, 'a')
    text(socket, 'b')
    expect([poll.body, poll.state]).toEqual(['a["a"]\n', 'ended'])
    expect(send('POST', '/9/id/xhr').body).toBe('a["b"]\n')
  })

  it('is told nothing of pings and pongs', () => {
    const { open, send } = createTestSockJs()
    const { socket } = open()
    const poll = send('POST', '/0/id/xhr')
    socket.send('ping', Buffer.from('p'))
    socket.write(socket.framing.frame('pong', Buffer.alloc(0)))
    expect([poll.state, socket.bytesQueued]).toEqual(['open', 0])
  })

  it('counts as one that has not taken what it has not asked for', () => {
    const { open, send } = createTestSockJs()
    const { socket, owner } = open()
    text(socket, 'a')
    expect(socket.bytesQueued).toBe(4)
    expect(owner.heard).toEqual([])
    send('POST', '/0/id/xhr')
    expect(owner.heard).toEqual(['drain'])
  })

  it('is sent a heartbeat after 25 seconds', () => {
    const { open, send, clock } = createTestSockJs()
    open()
    const poll = send('POST', '/0/id/xhr')
    clock.advance(24_900)
    expect(poll.state).toBe('open')
    clock.advance(200)
    expect([poll.body, poll.state]).toEqual(['h\n', 'ended'])
  })

  it('may have one poll at a time', () => {
    const { open, send } = createTestSockJs()
    const { socket } = open()
    const poll = send('POST', '/0/id/xhr')
    expect(send('POST', '/0/id/xhr').body).toBe('c[2010,"Another connection still open"]\n')
    text(socket, 'a')
    expect(poll.body).toBe('a["a"]\n')
  })

  it('is gone after 5 seconds without a poll, and its id is free', () => {
    const { open, send, clock, opened } = createTestSockJs()
    const { owner } = open()
    clock.advance(4900)
    expect(owner.heard).toEqual([])
    clock.advance(200)
    expect(owner.heard).toEqual(['gone'])
    expect(send('POST', '/0/id/xhr_send').sentHead!.status).toBe(404)
    send('POST', '/0/id/xhr')
    expect(opened).toHaveLength(2)
  })

  it('is gone when it breaks a poll off, and is told so for 5 seconds', () => {
    const { open, send, clock, opened } = createTestSockJs()
    const { socket, owner } = open()
    send('POST', '/0/id/xhr').leave()
    clock.settle()
    expect(owner.heard).toEqual(['gone'])
    text(socket, 'lost')
    expect(send('POST', '/0/id/xhr').body).toBe('c[3000,"Client already closed connection"]\n')
    clock.advance(5100)
    send('POST', '/0/id/xhr')
    expect(opened).toHaveLength(2)
  })
})

describe('a WebSocket of a polling client that is closed', () => {
  it('gives what waits, then tells code and reason to every poll for 5 seconds', () => {
    const { open, send, clock, opened } = createTestSockJs()
    const { socket, owner } = open()
    text(socket, 'last')
    socket.close(3001, 'bye')
    text(socket, 'too late')
    expect(send('POST', '/0/id/xhr').body).toBe('a["last"]\n')
    expect(owner.heard).toEqual(['drain'])
    for (let i = 0; i < 2; i++) expect(send('POST', '/0/id/xhr').body).toBe('c[3001,"bye"]\n')
    clock.settle()
    expect(owner.heard).toEqual(['drain', 'close 3001 bye', 'gone'])
    clock.advance(5100)
    send('POST', '/0/id/xhr')
    expect([opened.length, owner.heard.length]).toEqual([2, 3])
  })

  it('answers a waiting poll at once', () => {
    const { open, send } = createTestSockJs()
    const { socket } = open()
    const poll = send('POST', '/0/id/xhr')
    socket.close(undefined, '')
    expect(poll.body).toBe('c[0,"Connection closed"]\n')
  })

  it('is gone when nobody asks for the close', () => {
    const { open, clock } = createTestSockJs()
    const { socket, owner } = open()
    socket.close(1000, '')
    clock.advance(5100)
    expect(owner.heard).toEqual(['gone'])
  })

  it('takes messages that were sent before the client knew, without a word', async () => {
    const { open, send, post } = createTestSockJs()
    const { socket, owner } = open()
    socket.close(1000, 'bye')
    expect((await post('/0/id/xhr_send', '["x"]')).body).toBe('ok')
    send('POST', '/0/id/xhr')
    expect((await post('/0/id/xhr_send', '["x"]')).body).toBe('c[1000,"bye"]\n')
    expect(owner.heard.filter((heard) => heard.startsWith('text'))).toEqual([])
  })

  it('answers 410 when it is broken off', () => {
    const { open, send, clock, environment, route } = createTestSockJs()
    const { socket, owner } = open()
    const poll = send('POST', '/0/id/xhr')
    socket.destroy()
    expect([poll.sentHead!.status, poll.body]).toEqual([410, 'Session terminated\n'])
    clock.settle()
    expect(owner.heard).toEqual(['gone'])
    expect(environment.sockets.find(route.id, 'id')).toBeUndefined()
    expect(clock.timerCount).toBe(1)
  })
})

describe('messages of a client', () => {
  it('reach the owner one by one', async () => {
    const { open, post } = createTestSockJs()
    const { owner } = open()
    const sent = await post('/0/id/xhr_send', '["a","ü"]')
    expect([sent.sentHead!.status, sent.body]).toEqual([200, 'ok'])
    expect(owner.heard).toEqual(['text a', 'text ü'])
  })

  it('may be none', async () => {
    const { open, post } = createTestSockJs()
    open()
    expect((await post('/0/id/xhr_send', '[]')).body).toBe('ok')
  })

  it.each(['', '"a"', '["a', '{"0":"a"}', '[1]'])('must be an array of strings: %j', async (body) => {
    const { open, post } = createTestSockJs()
    const { owner } = open()
    const sent = await post('/0/id/xhr_send', body)
    expect([sent.sentHead!.status, sent.body]).toEqual([400, 'Payload expected\n'])
    expect(owner.heard).toEqual([])
  })

  it.each([
    ['a form', 'd=%5B%22a+b%22%5D', ['Content-Type', 'application/x-www-form-urlencoded'], 'a b'],
    ['a body without a type', 'x=1&d=%5B%22a%20b%22%5D', [], 'a b'],
    ['plain text', '["%61"]', ['Content-Type', 'text/plain'], '%61'],
  ])('may come by JSON-P as %s', async (_, body, headers, message) => {
    const { open, post } = createTestSockJs()
    const { owner } = open('GET', '/0/id/jsonp?c=cb')
    expect((await post('/0/id/jsonp_send', body, headers)).body).toBe('ok')
    expect(owner.heard).toEqual([`text ${message}`])
  })

  it('may come by JSON-P in a query', () => {
    const { open, send } = createTestSockJs()
    const { owner } = open()
    expect(send('GET', '/0/id/jsonp_send?d=%5B%22a%22%5D&c=cb').body).toBe('/**/cb("ok");\n')
    expect(owner.heard).toEqual(['text a'])
  })

  it('are acknowledged when they have been taken', async () => {
    const { open, post, clock } = createTestSockJs()
    const { socket, owner } = open()
    owner.whenMessage = () => socket.pause()
    const sent = await post('/0/id/xhr_send', '["a","b"]')
    expect([owner.heard, sent.started]).toEqual([['text a'], false])
    expect((await post('/0/id/xhr_send', '["c"]')).body).toBe('Already sending\n')
    socket.resume()
    expect([owner.heard, sent.body]).toEqual([['text a', 'text b'], 'ok'])
    socket.destroy()
    clock.settle()
  })

  it('that nobody has taken are refused when the WebSocket breaks', async () => {
    const { open, post } = createTestSockJs()
    const { socket } = open()
    socket.pause()
    const sent = await post('/0/id/xhr_send', '["a"]')
    socket.destroy()
    expect([sent.sentHead!.status, sent.body]).toEqual([410, 'Session terminated\n'])
  })

  it('come in their order when the owner pauses and resumes with each', async () => {
    const { open, post } = createTestSockJs()
    const { socket, owner } = open()
    owner.whenMessage = () => {
      socket.pause()
      socket.resume()
    }
    const messages = Array.from({ length: 20_000 }, (_, i) => String(i))
    const sent = await post('/0/id/xhr_send', JSON.stringify(messages.slice(0, 12_000)))
    expect(sent.body).toBe('ok')
    expect(owner.heard).toEqual(messages.slice(0, 12_000).map((message) => `text ${message}`))
  })

  it('that came while the WebSocket was opened wait for its owner', async () => {
    const { open, post, send, opened } = createTestSockJs()
    open()
    send('POST', '/0/other/xhr')
    const sent = await post('/0/other/xhr_send', '["early"]')
    const socket = opened[1]!.handshake.accept({ status: 101, reason: '', headers: [] })
    expect(sent.started).toBe(false)
    const heard: string[] = []
    socket.owner = {
      onMessage: (_type, content) => heard.push(content.toString()),
      onClose: () => {},
      onGone: () => {},
      onDrain: () => {},
    }
    expect([heard, sent.body]).toEqual([['early'], 'ok'])
  })
})

describe('a client that streams', () => {
  const XHR_PRELUDE = `${'h'.repeat(2048)}\n`

  it.each([
    ['POST', 'xhr_streaming', XHR_PRELUDE, 'o\n', 'a["<"]\n'],
    ['GET', 'eventsource', '\r\n', 'data: o\r\n\r\n', 'data: a["<"]\r\n\r\n'],
  ])('gets one frame after another: %s %s', (method, last, prelude, first, next) => {
    const { open } = createTestSockJs()
    const { response, socket } = open(method, `/0/id/${last}`)
    expect(response.body).toBe(prelude + first)
    text(socket, '<')
    expect([response.body, response.state]).toEqual([prelude + first + next, 'open'])
  })

  it('gets scripts in a page', () => {
    const { open } = createTestSockJs()
    const { response, socket } = open('GET', '/0/id/htmlfile?c=%63allback')
    expect(response.body.indexOf('<script>\np("o");\n</script>\r\n')).toBeGreaterThan(1024)
    expect(response.body).toContain('var c = parent.callback;')
    expect(getHeader(response.sentHead!.headers, 'content-type')).toBe('text/html; charset=UTF-8')
    text(socket, '</script>')
    expect(response.body).toMatch(/<script>\np\("a\[\\"\\u003c\/script>\\"\]"\);\n<\/script>\r\n$/)
  })

  it('gets calls by JSON-P', () => {
    const { open, send } = createTestSockJs()
    const { response, socket } = open('GET', '/0/id/jsonp?c=_jp.a1')
    expect(response.body).toBe('/**/_jp.a1("o");\n')
    expect(getHeader(response.sentHead!.headers, 'x-content-type-options')).toBe('nosniff')
    text(socket, 'x')
    expect(send('GET', '/0/id/jsonp?callback=cb').body).toBe('/**/cb("a[\\"x\\"]");\n')
  })

  it('opens another stream after 128 KiB', () => {
    const { open, send } = createTestSockJs()
    const { response, socket, owner } = open('POST', '/0/id/xhr_streaming')
    text(socket, 'x'.repeat(128 * 1024))
    expect(response.state).toBe('ended')
    text(socket, 'y')
    expect(send('POST', '/0/id/xhr_streaming').body).toBe(`${XHR_PRELUDE}a["y"]\n`)
    expect(owner.heard).toEqual(['drain'])
  })

  it('is sent a heartbeat after 25 seconds of silence', () => {
    const { open, clock } = createTestSockJs()
    const { response, socket } = open('GET', '/0/id/eventsource')
    clock.advance(20_000)
    text(socket, 'x')
    clock.advance(24_900)
    expect(response.body).not.toContain('data: h')
    clock.advance(200)
    expect(response.body).toMatch(/data: h\r\n\r\n$/)
    clock.advance(25_100)
    expect(response.body.match(/data: h/g)).toHaveLength(2)
  })

  it('that does not read is given no more until it does', () => {
    const { open, clock } = createTestSockJs()
    const { response, socket, owner } = open('GET', '/0/id/eventsource')
    response.goesOn = false
    text(socket, 'a')
    const given = response.body
    text(socket, 'b')
    text(socket, 'c')
    clock.advance(60_000)
    expect(response.body).toBe(given)
    expect(socket.bytesQueued).toBe('data: a["a"]\r\n\r\n'.length + '"b","c",'.length)
    response.goesOn = true
    response.onDrain!()
    expect(response.body).toBe(`${given}data: a["b","c"]\r\n\r\n`)
    expect([socket.bytesQueued, owner.heard]).toEqual([0, ['drain']])
  })

  it('is told of the close in its stream, which ends', () => {
    const { open, send, clock } = createTestSockJs()
    const { response, socket, owner } = open('POST', '/0/id/xhr_streaming')
    socket.close(3000, 'Go away!')
    expect(response.body).toMatch(/c\[3000,"Go away!"\]\n$/)
    expect(response.state).toBe('ended')
    const again = send('POST', '/0/id/xhr_streaming')
    expect([again.body, again.state]).toEqual([`${XHR_PRELUDE}c[3000,"Go away!"]\n`, 'ended'])
    clock.settle()
    expect(owner.heard).toEqual(['close 3000 Go away!', 'gone'])
  })

  it('that does not read is broken off 5 seconds after the close', () => {
    const { open, clock } = createTestSockJs()
    const { response, socket, owner } = open('POST', '/0/id/xhr_streaming')
    response.goesOn = false
    text(socket, 'a')
    text(socket, 'b')
    socket.close(1000, '')
    clock.advance(5100)
    expect([response.state, owner.heard]).toEqual(['aborted', ['gone']])
  })

  it('may have one stream at a time', () => {
    const { open, send } = createTestSockJs()
    open('POST', '/0/id/xhr_streaming')
    const second = send('POST', '/0/id/xhr_streaming')
    expect(second.body).toBe(`${XHR_PRELUDE}c[2010,"Another connection still open"]\n`)
    expect(second.state).toBe('ended')
  })
})
