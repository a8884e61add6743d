import type { CommandLine, Flag } from '../config/commandLine.ts'
import { EXIT } from './exit.ts'
import { print } from './output.ts'
import { composeItem } from './publish/composeItem.ts'
import { parseDestination } from './publish/destination.ts'
import { sendItem } from './publish/sendItem.ts'
import { runCommand } from './runCommand.ts'

/** Those of pushpin-publish, operations.md §6.2. */
const FLAGS: readonly Flag[] = [
  {
    name: 'spec',
    argument: 'SPEC',
    about: 'A GRIP URL, or where a ZeroMQ PULL socket is; else GRIP_URL, else http://localhost:5561.',
  },
  { name: 'id', argument: 'ID', about: 'Id of the item.' },
  { name: 'prev-id', argument: 'ID', about: 'Id of the item that it follows.' },
  { name: 'sender', argument: 'NAME', about: 'The same as --meta=sender=NAME.' },
  {
    name: 'meta',
    short: ['M'],
    argument: 'NAME=VALUE',
    about: 'Add a variable for filters; may be repeated.',
  },
  { name: 'code', argument: 'N', about: 'Status of the HTTP response, by default 200.' },
  {
    name: 'header',
    short: ['H'],
    argument: 'NAME: VALUE',
    about: 'Add a header to the HTTP response; may be repeated.',
  },
  { name: 'hint', about: 'Send no content but a hint: clients with a next link follow it.' },
  { name: 'close', about: 'Close streams and WebSockets.' },
  { name: 'patch', about: 'CONTENT is a JSON patch of the HTTP response.' },
  { name: 'no-seq', about: 'Deliver at once, whatever --prev-id says.' },
  { name: 'no-eol', about: 'Do not end the content of HTTP responses and streams with a line feed.' },
  { name: 'user', short: ['u'], argument: 'USER:PASSWORD', about: 'Authenticate by Basic.' },
  { name: 'bearer', short: ['B'], argument: 'TOKEN', about: 'Authenticate by Bearer.' },
]

const ABOUT = `Publishes an item to a channel. CONTENT is the body of an HTTP response, a piece of a stream and a WebSocket message,
each client getting what fits it; @FILE sends a file as it is.

A GRIP URL may have the key as GRIP libraries have it: http://localhost:5561?key=KEY sends it, ?iss=NAME&key=KEY signs a
token with it, http://USER:PASSWORD@localhost:5561 authenticates by Basic.`

const DEFAULT_SPEC = 'http://localhost:5561'

/** Publishes one item; answers the exit code. */
export function publish(argv: readonly string[]): Promise<number> {
  const usage = 'publish CHANNEL [CONTENT]'
  return runCommand({ usage, about: ABOUT, flags: FLAGS, words: [1, 2], run }, argv)
}

async function run(line: CommandLine): Promise<number> {
  const spec = line.values.get('spec')?.at(-1) ?? (process.env['GRIP_URL'] || DEFAULT_SPEC)
  const destination = parseDestination(spec, {
    user: line.values.get('user')?.at(-1),
    bearer: line.values.get('bearer')?.at(-1),
  })
  await sendItem(destination, composeItem(line, destination.kind === 'http' ? 'json' : 'tnetstring'))
  print('Published\n')
  return EXIT.ok
}
