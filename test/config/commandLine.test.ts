import { describe, expect, it } from 'vitest'
import { type Flag, flagUsage, parseCommandLine } from '../../src/config/commandLine.ts'

const FLAGS: readonly Flag[] = [
  { name: 'header', short: ['H'], argument: 'TEXT', about: '' },
  { name: 'id', argument: 'ID', about: '' },
  { name: 'quiet', short: ['q', 'Q'], about: '' },
]

function parse(...argv: string[]) {
  const { values, switches, words, faults } = parseCommandLine(argv, FLAGS)
  return { values: Object.fromEntries(values), switches: [...switches], words, faults }
}

describe('a command line', () => {
  it('has flags with values, by their name or their letter, as often as they come', () => {
    expect(parse('--header=a', '-H', 'b', '--header', 'c', '--id', '1').values).toEqual({
      header: ['a', 'b', 'c'],
      id: ['1'],
    })
  })

  it('has switches by each of their letters', () => {
    expect(parse('-q').switches).toEqual(['quiet'])
    expect(parse('-Q').switches).toEqual(['quiet'])
  })

  it('has words between flags, and behind -- whatever they look like', () => {
    expect(parse('a', '-q', 'b', '--', '--id', '-5').words).toEqual(['a', 'b', '--id', '-5'])
    expect(parse('a', '').words).toEqual(['a', ''])
  })

  it('has all its faults named', () => {
    expect(parse('--wat', '-x', '--H=a', '--quiet=no', '--id', '--header').faults).toEqual([
      '--wat: no such flag',
      '-x: no such flag',
      '--H: no such flag',
      '--quiet: takes no value',
      '--id: needs a value: --id=ID',
    ])
    expect(parse('-H').faults).toEqual(['-H: needs a value: -H, --header=TEXT'])
    expect(parse('--id=').faults).toEqual(['--id: needs a value: --id=ID'])
  })
})

it('a flag is shown as one writes it', () => {
  expect(FLAGS.map(flagUsage)).toEqual(['-H, --header=TEXT', '--id=ID', '-q, -Q, --quiet'])
})
