import { describe, expect, it } from 'vitest'
import { isFinalStatus, reasonFor } from '../../src/grip/statusReasons.ts'

describe('reasonFor', () => {
  it.each([
    [200, 'OK'],
    [226, 'IM Used'],
    [302, 'Found'],
    [404, 'Not Found'],
    [413, 'Request Entity Too Large'],
    [414, 'Request-URI Too Long'],
    [416, 'Requested Range Not Satisfiable'],
    [422, 'Unprocessable Entity'],
    [502, 'Bad Gateway'],
    [505, 'HTTP Version Not Supported'],
    [511, 'Network Authentication Required'],
  ])('gives %i the reason that Pushpin sends', (code, reason) => {
    expect(reasonFor(code)).toBe(reason)
  })

  it.each([0, 103, 299, 418, 421, 425, 451, 599, 999])('has no reason of its own for %i', (code) => {
    expect(reasonFor(code)).toBe('Undefined Reason')
  })
})

describe('isFinalStatus', () => {
  it.each([200, 204, 304, 404, 599, 600, 999])('takes %i', (code) => expect(isFinalStatus(code)).toBe(true))
  it.each([-1, 0, 99, 100, 101, 199, 1000, 200.5, Number.NaN])('refuses %d', (code) => {
    expect(isFinalStatus(code)).toBe(false)
  })
})
