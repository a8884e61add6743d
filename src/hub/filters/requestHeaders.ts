import { isFieldText, wireFromText } from '../../grip/headerText.ts'
import type { FilterContext, Meta } from './filter.ts'

/** Builds what a filter's request says of the item and of the hold. GRIP: http-check. */
export function requestHeaders({ subscriptionMeta, itemMeta, prevIds }: FilterContext): string[] {
  const headers = ['Sub-Meta', metaField(subscriptionMeta), 'Pub-Meta', metaField(itemMeta)]
  for (const [channel, prevId] of prevIds) {
    const field = prevId === undefined ? undefined : lastIdField(channel, prevId)
    if (field !== undefined) headers.push('Grip-Last', field)
  }
  return headers
}

/** JSON whose other characters are escaped: what receivers make of bytes beyond ASCII in a field is anybody's guess. */
function metaField(meta: Meta | undefined): string {
  return JSON.stringify(meta ?? {}).replace(/[^\x20-\x7e]/g, escapeUnit)
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * Undefined for a name or id that no field can carry. A value that could be misread is quoted; Pushpin writes it as it is.
 * GRIP: Grip-Last.
 */
function lastIdField(channel: string, prevId: string): string | undefined {
  const id = /^[^\s"\\,;]+$/.test(prevId) ? prevId : `"${prevId.replace(/["\\]/g, '\\$&')}"`
  const field = wireFromText(`${channel}; last-id=${id}`)
  return isFieldText(field) ? field : undefined
}
