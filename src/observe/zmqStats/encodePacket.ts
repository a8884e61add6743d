import type { PacketFields, PacketType } from '../../stats/feeds/packet.ts'
import { encodeTnetstring } from '../../util/tnetstring.ts'

/** How packets are written. Pushpin: `stats_format`. */
export type StatsFormat = 'tnetstring' | 'json'

/** Writes a packet as one message: its type, a blank, a letter for the format, the fields. Pushpin: operations.md §4.1. */
export function encodePacket(type: PacketType, fields: PacketFields, format: StatsFormat): Buffer {
  if (format === 'json') return Buffer.from(`${type} J${JSON.stringify(inOrder(fields))}`)
  return Buffer.concat([Buffer.from(`${type} T`), encodeTnetstring(fields)])
}

/** Pushpin's JSON has the names in alphabetical order. */
function inOrder(fields: PacketFields): PacketFields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
