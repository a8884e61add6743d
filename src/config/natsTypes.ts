import type { ValueType } from './option.ts'
import { invalidValue } from './valueTypes.ts'

const SERVER_FORM = '`nats://HOST:PORT` or `tls://HOST:PORT`'
const SUBJECT_FORM = 'words of letters, digits, `-` and `_`, joined by `.`'
const NAME_FORM = 'letters, digits, `.`, `-` and `_`, up to 64'
const STREAM_FORM = 'word of letters, digits, `-` and `_`'
const MAX_PORT = 65_535

/** Reads addresses of NATS servers, each with its port. */
export const natsServers: ValueType<readonly string[]> = {
  form: `list of ${SERVER_FORM}`,
  parse: ({ items }) => items.map(parseServer),
}

/** A user in the address would stand in logs; there are settings for it. */
function parseServer(text: string): string {
  const port = /^(?:nats|tls):\/\/(?:\[[0-9A-Fa-f:.]+\]|[^\s:[\]/@]+):(\d{1,5})$/.exec(text)?.[1]
  if (port === undefined || Number(port) > MAX_PORT) {
    throw invalidValue(text.replace(/\/\/.*@/, '//...@'), SERVER_FORM)
  }
  return text
}

/** Reads the beginning of subjects; NATS gives spaces and wildcards a meaning. */
export const subjectPrefix: ValueType<string> = {
  form: SUBJECT_FORM,
  parse({ text }) {
    if (text === '') return undefined
    if (!/^[\w-]{1,64}(\.[\w-]{1,64}){0,7}$/.test(text)) throw invalidValue(text, SUBJECT_FORM)
    return text
  },
}

/** Reads the name of a JetStream stream; empty text is none. */
export const streamName: ValueType<string | undefined> = {
  form: STREAM_FORM,
  parse({ text }) {
    if (text === '') return undefined
    if (!/^[\w-]{1,64}$/.test(text)) throw invalidValue(text, STREAM_FORM)
    return text
  },
}

/** Reads what a node is called; empty text is the machine's name. */
export const nodeName: ValueType<string | undefined> = {
  form: NAME_FORM,
  parse({ text }) {
    if (text === '') return undefined
    if (!/^[\w.-]{1,64}$/.test(text)) throw invalidValue(text, NAME_FORM)
    return text
  },
}
