import { describe, expect, it } from 'vitest'
import { clientHeaders, withoutConnectionFields } from '../../src/grip/responseHeaders.ts'

describe('withoutConnectionFields', () => {
  it('keeps all that is not of the connection or the framing, Grip-* included', () => {
    const headers = [
      'Connection',
      'X-Hop',
      'x-hop',
      '1',
      'CONTENT-LENGTH',
      '3',
      'Grip-Hold',
      'stream',
      'X-A',
      '1',
    ]
    expect(withoutConnectionFields(headers)).toEqual(['Grip-Hold', 'stream', 'X-A', '1'])
  })
})

describe('clientHeaders', () => {
  it('keeps only what is exposed when something is, from all Grip-Expose-Headers', () => {
    const headers = [
      'X-A',
      '1',
      'Grip-Expose-Headers',
      'x-a',
      'X-B',
      '2',
      'X-C',
      '3',
      'grip-expose-headers',
      'X-C',
    ]
    expect(clientHeaders(headers)).toEqual(['X-A', '1', 'X-C', '3'])
  })

  it('keeps all but instructions when nothing is exposed', () => {
    expect(clientHeaders(['X-A', '1', 'Grip-Other', 'x'])).toEqual(['X-A', '1'])
  })
})
