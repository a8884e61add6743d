import { formatListenAddress, type ListenAddress, parseListenAddress } from './networkTypes.ts'
import type { ValueType } from './option.ts'

/** Where metrics are served: a TCP address, or the path of a unix socket. */
export type MetricsPlace = ListenAddress | { readonly path: string }

const IPC = 'ipc://'

/** Reads `PORT`, `ADDRESS:PORT` or `ipc://PATH`. */
export const metricsPlace: ValueType<MetricsPlace | undefined> = {
  form: 'PORT, ADDRESS:PORT, [IPV6]:PORT or `ipc://PATH`',
  parse({ text }) {
    if (text === '') return undefined
    if (text.startsWith(IPC) && text.length > IPC.length) return { path: text.slice(IPC.length) }
    return parseListenAddress(text)
  },
}

/** Writes a place as it stands in a configuration file. */
export function formatMetricsPlace(place: MetricsPlace): string {
  return 'path' in place ? `${IPC}${place.path}` : formatListenAddress(place)
}
