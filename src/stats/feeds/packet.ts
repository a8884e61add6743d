/** What statistics packets are of. Pushpin: operations.md §4.1. */
export type PacketType = 'activity' | 'conn' | 'counts' | 'message' | 'report' | 'sub'

/** A packet's fields by Pushpin's names; those that are undefined are left out. */
export type PacketFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Takes packets as they come about. */
export type PacketSink = (type: PacketType, fields: PacketFields) => void

/** What of a lifetime passes before an entry is sent again, so that it never runs out. Pushpin: operations.md §4.3. */
const REFRESH_SHARE = 3 / 4

/** Seconds over which the entries of a lifetime are sent again; ticks come each second. */
export function refreshSeconds(ttlSeconds: number): number {
  return Math.max(1, Math.floor(ttlSeconds * REFRESH_SHARE))
}
