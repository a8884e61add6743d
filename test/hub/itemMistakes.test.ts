import { expect, it } from 'vitest'
import { ItemMistakes } from '../../src/hub/itemMistakes.ts'
import { streamItem } from '../support/items.ts'
import { LinesLog } from '../support/linesLog.ts'

function told(...contents: readonly string[]): number {
  const log = new LinesLog()
  const mistakes = new ItemMistakes(log)
  for (const content of contents) mistakes.noteFit(streamItem('c', content))
  return log.lines.length
}

it.each([
  'data: x\n\n',
  'data: x\r\n\r\n',
  'data: x\n\r\n',
  'data: x\r\r',
  'hello\n',
  'd',
  '',
  ':\n',
  'dates: x',
])('an item of %j is no event without its end', (content) => expect(told(content)).toBe(0))

it.each(['data: x', 'data: x\n', 'data: x\r\n', 'event: a\ndata: x\r\n  ', 'id:1', 'retry:5\n'])(
  'an item of %j is one',
  (content) => expect(told(content)).toBe(1),
)

it('is told of once', () => {
  expect(told('data: x\n', 'data: y\n')).toBe(1)
})
