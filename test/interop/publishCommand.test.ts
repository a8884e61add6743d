import { afterAll, beforeAll, expect, it } from 'vitest'
import { PublishSink } from '../support/publishSink.ts'
import { runHoldfast } from '../support/runHoldfast.ts'
import { describeWithProgram, runProgram } from './support/programs.ts'

const LINES: readonly (readonly string[])[] = [
  ['c', 'hello'],
  ['c', 'héllo', '--id', '1', '--prev-id', '0', '--sender', 's', '--no-seq', '--code', '201'],
  ['c', 'x', '-M', 'a= b ', '-M', ' y =z=w', '-H', 'X-A:  v ', '-H', 'X-B:'],
  ['--no-eol', 'c', 'x'],
  ['c', ''],
  ['--patch', '--code', '202', 'c', '[{"op": "add"}]'],
  ['--hint', '--close', 'c', 'x'],
  ['--close', '--patch', 'c', '[]'],
  ['--close', 'c'],
]

describeWithProgram('pushpin-publish', 'holdfast publish and pushpin-publish', (program) => {
  const sink = new PublishSink()
  beforeAll(() => sink.listen())
  afterAll(() => sink.close())

  it.each(LINES.map((line) => ({ line })))('send the same item for $line', async ({ line }) => {
    const spec = ['--spec', `http://localhost:${sink.port}`]
    expect(await runProgram(program, [...spec, ...line])).toEqual({ code: 0, output: 'Published\n' })
    const theirs = sink.last
    expect(await runHoldfast(['publish', ...spec, ...line])).toMatchObject({ code: 0, stdout: 'Published\n' })
    const ours = sink.last
    expect(ours).not.toBe(theirs)
    expect({ target: ours.target, body: ours.body }).toEqual({ target: theirs.target, body: theirs.body })
  })
})
