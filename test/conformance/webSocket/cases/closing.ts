import { encodeClose } from '../../../support/frames.ts'
import { describeFrame, more, OPEN, ping, type Scenario, text } from '../scenario.ts'

const KIB = 1024
const LARGE = Buffer.alloc(256 * KIB, '*')

/** 1005 stands for an empty Close. */
const NORMAL = [1000]

/** RFC 6455 §5.5.1, §7. */
const ORDER: readonly Scenario[] = [
  {
    id: '7.1.1',
    title: 'a message and a Close',
    sends: [text('Hello World!')],
    gets: ['text Hello World!'],
    end: 'client',
  },
  { id: '7.1.2', title: 'two Closes', sends: [encodeClose(1000), encodeClose(1000)], gets: [], end: NORMAL },
  { id: '7.1.3', title: 'a ping behind a Close', sends: [encodeClose(1000), ping()], gets: [], end: NORMAL },
  {
    id: '7.1.4',
    title: 'a message behind a Close',
    sends: [encodeClose(1000), text('late')],
    gets: [],
    end: NORMAL,
  },
  {
    id: '7.1.5',
    title: 'a Close between fragments',
    sends: [text('frag', OPEN), encodeClose(1000), more('ment')],
    gets: [],
    end: NORMAL,
  },
  {
    id: '7.1.6',
    title: 'a large message, a Close and a ping',
    sends: [text(LARGE), encodeClose(1000), ping()],
    gets: [describeFrame('text', LARGE)],
    mayMiss: true,
    end: NORMAL,
  },
]

const CONTENTS: readonly Scenario[] = [
  { id: '7.3.1', title: 'an empty Close', sends: [encodeClose()], gets: [], end: [1000, 1005] },
  { id: '7.3.2', title: 'a Close of one byte', sends: [encodeClose(undefined, 'a')], gets: [], end: [1002] },
  { id: '7.3.3', title: 'a Close with a code', sends: [encodeClose(1000)], gets: [], end: NORMAL },
  {
    id: '7.3.4',
    title: 'a Close with a reason',
    sends: [encodeClose(1000, 'Hello World!')],
    gets: [],
    end: NORMAL,
  },
  {
    id: '7.3.5',
    title: 'a Close with a reason of 123 bytes',
    sends: [encodeClose(1000, '*'.repeat(123))],
    gets: [],
    end: NORMAL,
  },
  {
    id: '7.3.6',
    title: 'a Close with a reason of 124 bytes',
    sends: [encodeClose(1000, '*'.repeat(124))],
    gets: [],
    end: [1002],
  },
  {
    id: '7.5.1',
    title: 'a Close with a reason that is no text',
    sends: [encodeClose(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    gets: [],
    end: [1007],
  },
]

const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
const INVALID = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999]
const BEYOND = [5000, 65_535]

const CODES: readonly Scenario[] = [
  ...VALID.map((code, i): Scenario => {
    return {
      id: `7.7.${i + 1}`,
      title: `a Close with ${code}`,
      sends: [encodeClose(code)],
      gets: [],
      end: [code],
    }
  }),
  ...INVALID.map((code, i): Scenario => {
    return {
      id: `7.9.${i + 1}`,
      title: `a Close with ${code}`,
      sends: [encodeClose(code)],
      gets: [],
      end: [1002],
    }
  }),
  ...BEYOND.map((code, i): Scenario => {
    return {
      id: `7.13.${i + 1}`,
      title: `a Close with ${code}`,
      sends: [encodeClose(code)],
      gets: [],
      end: [1002],
    }
  }),
]

export const closing: readonly Scenario[] = [...ORDER, ...CONTENTS, ...CODES]
