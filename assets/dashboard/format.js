const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Writes a number as people read it. */
export function count(value) {
  return COUNT.format(value)
}

/** Writes a rate per second. */
export function rate(value) {
  return `${COUNT.format(value)}/s`
}

/** Writes a number of bytes with the unit that suits it. */
export function bytes(value) {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), BYTE_UNITS.length - 1)
  return `${COUNT.format(value / 1024 ** power)} ${BYTE_UNITS[power]}`
}

/** Writes a duration that is told in seconds and may be very short. */
export function duration(seconds) {
  return seconds < 1 ? `${COUNT.format(seconds * 1000)} ms` : `${COUNT.format(seconds)} s`
}

/** Writes how long something has been there. */
export function age(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`
}

const KINDS = { response: 'long poll', stream: 'stream', socket: 'WebSocket' }

/** Names what a client is held as. */
export function kind(name) {
  return KINDS[name] ?? name
}
