import { inThreeWays, more, OPEN, ping, pong, type Scenario, type Step, text } from '../scenario.ts'

const WAYS = ['in one write', 'frame by frame', 'byte by byte']

/** Three cases of one sequence of frames, numbered from `first`. */
function threeWays(
  first: number,
  title: string,
  frames: readonly Buffer[],
  outcome: Pick<Scenario, 'gets' | 'end' | 'mayMiss'>,
): Scenario[] {
  return inThreeWays(frames).map((sends, i) => {
    return { id: `5.${first + i}`, title: `${title}, ${WAYS[i]}`, sends, ...outcome }
  })
}

const FAULT = { gets: [], end: [1002] } as const

const PINGED = [
  text('fragment1', OPEN),
  more('fragment2', OPEN),
  ping('ping1'),
  more('fragment3', OPEN),
  more('fragment4', OPEN),
  ping('ping2'),
  more('fragment5'),
]
const PINGED_GETS = ['pong ping1', 'pong ping2', 'text fragment1fragment2fragment3fragment4fragment5']
const WITH_PAUSE: readonly Step[] = [...PINGED.slice(0, 3), 'flush', ...PINGED.slice(3)]

/** RFC 6455 §5.4, §5.5. */
export const fragmentation: readonly Scenario[] = [
  { id: '5.1', title: 'a ping in fragments', sends: [ping('frag', OPEN), more('ment')], ...FAULT },
  { id: '5.2', title: 'a pong in fragments', sends: [pong('frag', OPEN), more('ment')], ...FAULT },
  ...threeWays(3, 'a message in two fragments', [text('frag', OPEN), more('ment')], {
    gets: ['text fragment'],
    end: 'client',
  }),
  ...threeWays(6, 'a ping between two fragments', [text('frag', OPEN), ping('ping'), more('ment')], {
    gets: ['pong ping', 'text fragment'],
    end: 'client',
  }),
  ...threeWays(9, 'the last fragment of nothing before a message', [more('x'), text('Hello')], FAULT),
  ...threeWays(12, 'a fragment of nothing before a message', [more('x', OPEN), text('Hello')], FAULT),
  {
    id: '5.15',
    title: 'a fragment of nothing behind a message in two',
    sends: [text('frag', OPEN), more('ment'), more('x', OPEN), text('Hello')],
    gets: ['text fragment'],
    mayMiss: true,
    end: [1002],
  },
  {
    id: '5.16',
    title: 'a fragment of nothing before each of two messages',
    sends: [
      more('x', OPEN),
      text('frag', OPEN),
      more('ment'),
      more('x', OPEN),
      text('frag', OPEN),
      more('ment'),
    ],
    ...FAULT,
  },
  {
    id: '5.17',
    title: 'the last fragment of nothing before each of two messages',
    sends: [more('x'), text('frag', OPEN), more('ment'), more('x'), text('frag', OPEN), more('ment')],
    ...FAULT,
  },
  {
    id: '5.18',
    title: 'a message that begins within another',
    sends: [text('fragment1', OPEN), text('fragment2')],
    ...FAULT,
  },
  {
    id: '5.19',
    title: 'two pings within five fragments',
    sends: WITH_PAUSE,
    gets: PINGED_GETS,
    end: 'client',
  },
  {
    id: '5.20',
    title: 'the same, byte by byte',
    sends: PINGED.flatMap((bytes): Step[] => [{ bytes, pieceBytes: 1 }]),
    gets: PINGED_GETS,
    end: 'client',
  },
]
