import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MessageSocket, MessageType } from '../../src/edges/socket.ts'
import { loopbackTurn } from '../support/loopback.ts'
import { RecordingOwner } from '../support/recordingOwner.ts'
import { eventually } from '../support/waiting.ts'

/** The other end of a socket under test. It answers a Close with the same code and reason, and no pings. */
export interface SocketPeer {
  /** What it was sent, in the words of `describeMessage`; last `close CODE REASON`, with 1005 for none and 1006 for no Close. */
  readonly heard: readonly string[]
  send(type: MessageType, content: string | Buffer): void
  /** Sends a Close; without a code an empty one. */
  close(code?: number, reason?: string): void
  /** Breaks the connection. */
  leave(): void
  stopReading(): void
  readOn(): void
}

/** A socket that is open and has no owner yet, with its other end. */
export interface SocketPair {
  readonly socket: MessageSocket
  readonly peer: SocketPeer
  end(): Promise<void> | void
}

/** More than the kernel keeps between two ends that do not read. */
const MUCH = 16 * 1024 * 1024

/** What every socket promises. */
export function describeMessageSocket(name: string, createPair: () => Promise<SocketPair>): void {
  describe(`the socket: ${name}`, () => {
    let pair: SocketPair
    let socket: MessageSocket
    let peer: SocketPeer
    let owner: RecordingOwner

    beforeEach(async () => {
      pair = await createPair()
      socket = pair.socket
      peer = pair.peer
      owner = new RecordingOwner()
    })
    afterEach(() => pair.end())

    async function peerHears(...words: readonly string[]): Promise<void> {
      const isHeard = () => JSON.stringify(peer.heard) === JSON.stringify(words)
      await eventually(`${JSON.stringify(words)}`, isHeard).catch((error: Error) => {
        throw new Error(`${error.message}; heard ${JSON.stringify(peer.heard)}`)
      })
    }

    it('hands on messages and control frames whole, of their type and in their order', async () => {
      socket.owner = owner
      peer.send('text', 'ä')
      peer.send('binary', Buffer.from([0, 255]))
      peer.send('ping', 'p')
      peer.send('pong', '')
      peer.send('text', '')
      await owner.hears('text ä', 'binary 00ff', 'ping p', 'pong ', 'text ')
    })

    it('sends messages and control frames of their type and in their order', async () => {
      socket.owner = owner
      socket.send('text', Buffer.from('ä'))
      socket.send('binary', Buffer.from([0, 255]))
      socket.send('ping', Buffer.from('p'))
      socket.send('pong', Buffer.alloc(0))
      socket.send('text', Buffer.alloc(0))
      await peerHears('text ä', 'binary 00ff', 'ping p', 'pong ', 'text ')
    })

    it.each([126, 65_535, 65_536, 300_000])('carries a message of %d bytes both ways', async (length) => {
      socket.owner = owner
      peer.send('text', 'x'.repeat(length))
      socket.send('text', Buffer.alloc(length, 'y'))
      await eventually('both', () => owner.received.length > 0 && peer.heard.length > 0)
      expect(owner.received[0]).toBe(`text ${'x'.repeat(length)}`)
      expect(peer.heard[0]).toBe(`text ${'y'.repeat(length)}`)
    })

    it('answers no pings of itself', async () => {
      socket.owner = owner
      peer.send('ping', 'one')
      await owner.hears('ping one')
      socket.send('text', Buffer.from('after'))
      await peerHears('text after')
    })

    it('receives nothing before it has an owner', async () => {
      peer.send('text', 'early')
      await loopbackTurn()
      socket.owner = owner
      await owner.hears('text early')
    })

    it('receives nothing while it is paused, and all of it then', async () => {
      socket.owner = owner
      socket.pause()
      peer.send('text', 'one')
      peer.send('text', 'two')
      await loopbackTurn()
      expect(owner.heard).toEqual([])
      socket.resume()
      await owner.hears('text one', 'text two')
    })

    it('receives no second message when the first makes it pause, though both came at once', async () => {
      owner.onMessage = (type, content) => {
        RecordingOwner.prototype.onMessage.call(owner, type, content)
        socket.pause()
      }
      peer.send('text', 'one')
      peer.send('text', 'two')
      peer.close(1000, 'end')
      await loopbackTurn()
      socket.owner = owner
      await owner.hears('text one')
      await loopbackTurn()
      expect(owner.received).toEqual(['text one'])
      socket.resume()
      await owner.hears('text one', 'text two')
      socket.resume()
      await owner.hears('text one', 'text two', 'close 1000 end')
    })

    it.each([
      [1000, 'bye', 'close 1000 bye'],
      [4321, '', 'close 4321'],
      [undefined, undefined, 'close undefined'],
    ])('tells the Close %s %s and waits for the answer', async (code, reason, word) => {
      socket.owner = owner
      peer.close(code, reason)
      await owner.hears(word)
      socket.send('text', Buffer.from('last'))
      socket.close(4001, 'answer')
      await owner.hears(word, 'gone')
      await eventually('the end', () => peer.heard.length === 2)
      expect(peer.heard[0]).toBe('text last')
      expect(peer.heard[1]).toMatch(/^close/)
      expect(owner.fault).toBe(undefined)
    })

    it.each([
      [1000, 'bye', 'close 1000 bye', 'close 1000 bye'],
      [4999, '', 'close 4999', 'close 4999'],
      [0, 'zero', 'close 1000 zero', 'close 1000 zero'],
      [1006, '', 'close 1000', 'close 1000'],
    ])('closes with %s %s, tells the answer and ends', async (code, reason, atPeer, answer) => {
      socket.owner = owner
      socket.send('text', Buffer.from('before'))
      socket.close(code, reason)
      await peerHears('text before', atPeer)
      await eventually('the end', () => owner.isGone)
      expect(owner.received.at(-1)).toBe('gone')
      expect(owner.received[0]).toBe(answer)
      expect(owner.fault).toBe(undefined)
    })

    it('sends nothing after close, and ignores a second one', async () => {
      socket.owner = owner
      socket.close(4000, 'first')
      socket.close(4001, 'second')
      socket.send('text', Buffer.from('late'))
      await peerHears('close 4000 first')
      await owner.gone()
    })

    it('still receives what the peer sends before it answers a Close', async () => {
      socket.owner = owner
      socket.close(1000, '')
      peer.send('text', 'on its way')
      await owner.gone()
      expect(owner.received).toEqual(['text on its way', 'close 1000', 'gone'])
    })

    it('closes though it is paused', async () => {
      socket.owner = owner
      socket.pause()
      peer.send('text', 'unheard')
      await loopbackTurn()
      socket.close(4000, 'over')
      await peerHears('close 4000 over')
      await owner.gone()
      expect(owner.received).toEqual(['close 4000 over', 'gone'])
    })

    it('tells that the connection is gone once when the peer leaves', async () => {
      socket.owner = owner
      peer.send('text', 'hello')
      await owner.hears('text hello')
      peer.leave()
      await owner.gone()
      await loopbackTurn()
      expect(owner.received).toEqual(['text hello', 'gone'])
    })

    it('tells that the connection is gone once when it is destroyed, and the peer sees no Close', async () => {
      socket.owner = owner
      socket.destroy()
      socket.destroy()
      socket.send('text', Buffer.from('late'))
      await owner.gone()
      await peerHears('close 1006')
      expect(owner.received).toEqual(['gone'])
    })

    it('counts what the peer does not take, and tells when it has', async () => {
      socket.owner = owner
      peer.stopReading()
      expect(socket.bytesQueued).toBe(0)
      const part = Buffer.alloc(1024 * 1024, 'x')
      for (let sent = 0; sent < MUCH; sent += part.length) socket.send('binary', part)
      await loopbackTurn()
      expect(socket.bytesQueued).toBeGreaterThan(part.length)
      expect(owner.heard).toEqual([])
      peer.readOn()
      await eventually('the drain', () => owner.heard.length > 0)
      expect(owner.heard).toEqual(['drain'])
      expect(socket.bytesQueued).toBe(0)
    })
  })
}
