import { createHash } from 'node:crypto'

/** A longer name is replaced by its hash: servers limit the line that a subject stands in to 4 KiB. */
const MAX_ENCODED_LENGTH = 256

/**
 * Names the subject of a channel's items: `PREFIX.channel.TOKEN`. The token is the name in percent-encoding, with `.`, `*` and
 * `~` encoded too; or `~` and the SHA-256 of the name where that is too long, or the name empty.
 */
export function channelSubject(prefix: string, channel: string): string {
  return `${prefix}.channel.${channelToken(channel)}`
}

/** The subjects of all channels. */
export function allChannels(prefix: string): string {
  return `${prefix}.channel.*`
}

function channelToken(channel: string): string {
  // Half a surrogate pair, which UTF-8 does not have, is replaced as in every other place where the name is encoded.
  const wellFormed = Buffer.from(channel).toString()
  const encoded = encodeURIComponent(wellFormed).replace(/[.*~]/g, percentEncode)
  return encoded === '' || encoded.length > MAX_ENCODED_LENGTH ? `~${sha256(channel)}` : encoded
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

/** Hashes text to 43 characters that may stand in a subject and in a header. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
