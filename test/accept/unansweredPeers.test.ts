import { describe, expect, it } from 'vitest'
import { comparableAddress, readUnanswered } from '../../src/accept/unansweredPeers.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const REST = '1 0000000000000000 20 4 30 10 -1'

/** A line of the table for port 7999 (1F3F). */
function line(
  remote: string,
  { retransmits = '00000000', probes = '0', local = '0100007F:1F3F' } = {},
): string {
  return `   3: ${local} ${remote} 01 00000010:00000000 01:00000014 ${retransmits}     0        ${probes} 4069159 ${REST}`
}

describe("the system's table of connections", () => {
  it('names the peers that do not answer, and no others', () => {
    const table = [
      HEAD,
      line('0200000A:C001'),
      line('0300000A:C002', { retransmits: '00000003' }),
      line('0400000A:C003', { retransmits: '00000004' }),
      line('0500000A:C004', { probes: '5' }),
      line('0600000A:C005', { retransmits: '0000000A', local: '0100007F:1F40' }),
      '',
    ].join('\n')
    expect(readUnanswered(table, 7999)).toEqual([
      { remotePort: 0xc003, remoteAddress: '10.0.0.4' },
      { remotePort: 0xc004, remoteAddress: '10.0.0.5' },
    ])
  })

  it('may have addresses of IPv6, also those that stand for IPv4', () => {
    const local = '00000000000000000000000001000000:1F3F'
    const table = [
      line('B80D0120000000000000000001000000:C001', { local, retransmits: '00000009' }),
      line('0000000000000000FFFF00000400000A:C002', { local, retransmits: '00000009' }),
    ].join('\n')
    expect(readUnanswered(table, 7999)).toEqual([
      { remotePort: 0xc001, remoteAddress: comparableAddress('2001:db8::1') },
      { remotePort: 0xc002, remoteAddress: comparableAddress('::ffff:10.0.0.4') },
    ])
    expect(comparableAddress('::ffff:10.0.0.4')).toBe('10.0.0.4')
  })

  it.each(['', 'nonsense', HEAD, ': : :\n1 2 3 4 5 6 7 8 9'])('that is %j names none', (table) => {
    expect(readUnanswered(table, 7999)).toEqual([])
  })
})
