import { PerMessageDeflate } from 'ws'

/** Parameters of one offer of an extension, as `ws` reads them. */
export type ExtensionOffer = Readonly<Record<string, readonly (string | true)[]>>

/** What a Sec-WebSocket-Extensions field offers, by extension. */
export type ExtensionOffers = Readonly<Record<string, readonly ExtensionOffer[]>>

/**
 * Our answer wherever permessage-deflate is taken. Neither side keeps a window from message to message: ours must not, so that the
 * one compressed frame of an item serves every client, and a client's would cost 40 KB for as long as its socket is open. Both
 * parameters may be answered unasked. RFC 7692 §7.1.1.
 */
export const DEFLATE_ANSWER = `${PerMessageDeflate.extensionName}; server_no_context_takeover; client_no_context_takeover`

/** The largest window, and the only one that we compress with. */
const WINDOW_BITS = '15'

/** Tells whether one of the offers of permessage-deflate is one that we can take. RFC 7692 §7.1. */
export function canDeflate(offers: ExtensionOffers): boolean {
  return (offers[PerMessageDeflate.extensionName] ?? []).some(isAcceptable)
}

/** Unknown, repeated and malformed parameters make an offer one to decline. RFC 7692 §7.1. */
function isAcceptable(offer: ExtensionOffer): boolean {
  return Object.entries(offer).every(([name, values]) => {
    const [value] = values
    return values.length === 1 && value !== undefined && isTakenParameter(name, value)
  })
}

function isTakenParameter(name: string, value: string | true): boolean {
  switch (name) {
    case 'server_no_context_takeover':
    case 'client_no_context_takeover':
      return value === true
    case 'server_max_window_bits':
      return value === WINDOW_BITS
    case 'client_max_window_bits':
      return value === true || /^(?:[89]|1[0-5])$/.test(value)
    default:
      return false
  }
}
