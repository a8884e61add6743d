import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { composeItem } from '../../../src/cli/publish/composeItem.ts'
import type { CommandLine } from '../../../src/config/commandLine.ts'
import { parsePublishItem } from '../../../src/grip/publishItem.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-publish-'))
  writeFileSync(join(folder, 'text'), 'from a file')
  writeFileSync(join(folder, 'bytes'), Buffer.from([255, 254, 10]))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function line(
  words: string[],
  more: { values?: Record<string, string[]>; switches?: string[] } = {},
): CommandLine {
  return {
    words,
    values: new Map(Object.entries(more.values ?? {})),
    switches: new Set(more.switches),
    faults: [],
  }
}
const formatsOf = (...args: Parameters<typeof line>) => composeItem(line(...args), 'json')['formats']
const faultOf = (...args: Parameters<typeof line>) => {
  try {
    return composeItem(line(...args), 'json')
  } catch (error) {
    return (error as Error).message
  }
}

describe('the item that is published', () => {
  it('has the content for every kind of client, with a line end where lines are usual', () => {
    expect(composeItem(line(['c', 'héllo']), 'json')).toEqual({
      channel: 'c',
      formats: {
        'http-response': { code: 200, body: 'héllo\n' },
        'http-stream': { content: 'héllo\n' },
        'ws-message': { content: 'héllo' },
      },
    })
  })

  it('has no line end with --no-eol, nor after the content of a file', () => {
    expect(formatsOf(['c', 'x'], { switches: ['no-eol'] })).toMatchObject({ 'http-stream': { content: 'x' } })
    expect(formatsOf(['c', `@${join(folder, 'text')}`])).toMatchObject({
      'http-stream': { content: 'from a file' },
    })
  })

  it('has bytes that are no text as base64', () => {
    expect(formatsOf(['c', `@${join(folder, 'bytes')}`])).toEqual({
      'http-response': { code: 200, 'body-bin': '//4K' },
      'http-stream': { 'content-bin': '//4K' },
      'ws-message': { 'content-bin': '//4K' },
    })
  })

  it('has them as they are in a tnetstring', () => {
    const bytes = Buffer.from([255, 254, 10])
    expect(composeItem(line(['c', `@${join(folder, 'bytes')}`]), 'tnetstring')['formats']).toEqual({
      'http-response': { code: 200, body: bytes },
      'http-stream': { content: bytes },
      'ws-message': { 'content-bin': bytes },
    })
  })

  it('has what the flags say beside it', () => {
    const values = {
      id: ['2'],
      'prev-id': ['1'],
      sender: ['me'],
      meta: ['a= b ', ' y =z=w'],
      code: ['201'],
      header: ['X-A:  v ', 'X-B:'],
    }
    expect(composeItem(line(['c', 'x'], { values, switches: ['no-seq'] }), 'json')).toMatchObject({
      id: '2',
      'prev-id': '1',
      'no-seq': true,
      meta: { sender: 'me', a: 'b', ' y ': 'z=w' },
      formats: {
        'http-response': {
          code: 201,
          headers: [
            ['X-A', 'v'],
            ['X-B', ''],
          ],
        },
      },
    })
  })

  it('is a hint, a close or a patch where that is asked for, a hint before all else', () => {
    const hint = { action: 'hint' }
    expect(formatsOf(['c'], { switches: ['hint', 'close'] })).toEqual({
      'http-response': hint,
      'http-stream': hint,
      'ws-message': hint,
    })
    expect(formatsOf(['c', 'x'], { switches: ['close', 'patch'] })).toEqual({
      'http-stream': { action: 'close' },
      'ws-message': { action: 'close' },
    })
    expect(formatsOf(['c', '[]'], { switches: ['patch'], values: { code: ['202'] } })).toEqual({
      'http-response': { code: 202, 'body-patch': [] },
    })
  })

  it.each([[[]], [['hint']], [['close']]])('is one that a server accepts: %j', (switches) => {
    const values = { header: ['A: b'], meta: ['a=b'], id: ['1'] }
    expect(() => parsePublishItem(composeItem(line(['c', 'x'], { switches, values }), 'json'))).not.toThrow()
  })
})

describe('what cannot be published is told in the words of pushpin-publish', () => {
  it.each<[string, string[], Parameters<typeof line>[1]]>([
    ['must specify content', ['c'], {}],
    ['patch content must be a JSON array', ['c', '{}'], { switches: ['patch'] }],
    ['patch content must be a JSON array', ['c', '['], { switches: ['patch'] }],
    ['failed to parse code: invalid digit found in string', ['c', 'x'], { values: { code: ['-1'] } }],
    ['code must be an integer between 0 and 999', ['c', 'x'], { values: { code: ['1000'] } }],
    ['header must be in the form "name: value"', ['c', 'x'], { values: { header: ['a'] } }],
    ['meta must be in the form "name=value"', ['c', 'x'], { values: { meta: ['a'] } }],
    ["can't read file /no/such: ENOENT: no such file or directory, open '/no/such'", ['c', '@/no/such'], {}],
  ])('%s', (message, words, more) => expect(faultOf(words, more)).toBe(message))
})
