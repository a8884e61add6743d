import { getAllHeaders, type RawHeaders } from '../../util/headers.ts'
import { getParameter, type HeaderElement, parseElement, splitList } from '../headerParams.ts'
import { shownText, textFromWire, trimOws } from '../headerText.ts'
import { JsonFields } from '../jsonFields.ts'
import { invalidInstruct } from './invalidInstruct.ts'

/** One channel that a hold is to subscribe to. GRIP: Grip-Channel. */
export interface InstructChannel {
  readonly name: string
  readonly prevId: string | undefined
  readonly filters: readonly string[]
}

/** Channels by name: of two entries with the same name the last one counts. */
export type ChannelsByName = Map<string, InstructChannel>

const MAX_FILTERS = 5

/** A single channel without parameters, as most are: it needs no parsing. */
const PLAIN_NAME = /^[\w.:/@!$*+~-]+$/

const NO_FILTERS: readonly string[] = []

/** Adds the channels of all Grip-Channel headers. */
export function addHeaderChannels(channels: ChannelsByName, headers: RawHeaders): void {
  for (const value of getAllHeaders(headers, 'grip-channel')) {
    if (PLAIN_NAME.test(value)) channels.set(value, { name: value, prevId: undefined, filters: NO_FILTERS })
    else addListedChannels(channels, value)
  }
}

function addListedChannels(channels: ChannelsByName, value: string): void {
  for (const element of splitList(trimOws(value))) {
    const parsed = parseElement(element)
    if (parsed !== undefined) addChannel(channels, fromElement(parsed))
  }
}

/** Adds the channels of `hold.channels`. GRIP: application/grip-instruct. */
export function addJsonChannels(channels: ChannelsByName, values: readonly unknown[]): void {
  for (const value of values) {
    addChannel(channels, fromJson(new JsonFields(value, { name: 'channel', code: 'INSTRUCT_INVALID' })))
  }
}

/** The limit holds for both forms; a deviation: Pushpin forgets it for JSON. */
function addChannel(channels: ChannelsByName, channel: InstructChannel): void {
  if (channel.filters.length > MAX_FILTERS) {
    const text = `too many filters for channel '${shownText(channel.name)}'`
    throw invalidInstruct(text, `there are ${channel.filters.length}, and ${MAX_FILTERS} at most`)
  }
  channels.set(channel.name, channel)
}

/** GRIP spells the parameter `filter` in lower case only; an empty prev-id is none. */
function fromElement({ value, parameters }: HeaderElement): InstructChannel {
  const filters = parameters.filter(({ name }) => name === 'filter')
  return {
    name: textFromWire(value),
    prevId: textFromWire(getParameter(parameters, 'prev-id') ?? '') || undefined,
    filters: filters.map((parameter) => textFromWire(parameter.value)),
  }
}

function fromJson(fields: JsonFields): InstructChannel {
  const name = fields.requiredString('name')
  const prevId = fields.string('prev-id') || undefined
  const filters: string[] = []
  for (const filter of fields.list('filters') ?? []) {
    if (typeof filter !== 'string') throw fields.error('filters contains value with wrong type')
    filters.push(filter)
  }
  return { name, prevId, filters }
}
