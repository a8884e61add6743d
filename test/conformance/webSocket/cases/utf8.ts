import { describeFrame, fragments, more, OPEN, type Scenario, text } from '../scenario.ts'

const FAULT = { gets: [], end: [1007] } as const

/** Reads `ce ba` as bytes. */
function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function whole(id: string, content: Buffer, isValid: boolean): Scenario {
  const title = `${content.toString('hex').slice(0, 40) || 'nothing'} ${isValid ? 'is' : 'is not'} text`
  const outcome = isValid ? ({ gets: [describeFrame('text', content)], end: 'client' } as const) : FAULT
  return { id, title, sends: [text(content)], ...outcome }
}

const EMPTY: readonly Scenario[] = [
  { id: '6.1.1', title: 'an empty message', sends: [text()], gets: ['text '], end: 'client' },
  {
    id: '6.1.2',
    title: 'an empty message in three fragments',
    sends: [text('', OPEN), more('', OPEN), more()],
    gets: ['text '],
    end: 'client',
  },
  {
    id: '6.1.3',
    title: 'three fragments of which only one is not empty',
    sends: [text('', OPEN), more('middle frame payload', OPEN), more()],
    gets: ['text middle frame payload'],
    end: 'client',
  },
]

const VALID = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!')
const KOSME = bytes('ce ba e1 bd b9 cf 83 ce bc ce b5')
const BROKEN = Buffer.concat([KOSME, bytes('ed a0 80'), Buffer.from('edited')])
const TOO_HIGH = Buffer.concat([KOSME, bytes('f4 90 80 80'), Buffer.from('edited')])

const SPLIT: readonly Scenario[] = [
  whole('6.2.1', VALID, true),
  ...[12, 1].map((size, i): Scenario => {
    return {
      id: `6.2.${i + 2}`,
      title: `text of many-byte characters in fragments of ${size} bytes`,
      sends: [fragments('text', VALID, size)],
      gets: [describeFrame('text', VALID)],
      end: 'client',
    }
  }),
  {
    id: '6.2.4',
    title: 'a word in fragments of one byte',
    sends: [fragments('text', KOSME, 1)],
    gets: [describeFrame('text', KOSME)],
    end: 'client',
  },
  whole('6.3.1', BROKEN, false),
  {
    id: '6.3.2',
    title: 'the same in fragments of one byte',
    sends: [fragments('text', BROKEN, 1)],
    ...FAULT,
  },
]

/** A server may notice at the first wrong byte, or when the message is complete. */
const LATE: readonly Scenario[] = [TOO_HIGH, BROKEN].flatMap((content, i): Scenario[] => {
  const frame = text(content)
  const cut = frame.length - content.length + KOSME.length
  return [
    {
      id: `6.4.${i * 2 + 1}`,
      title: `what is wrong stands in the ${i + 2}nd fragment`,
      sends: [
        text(content.subarray(0, 11), OPEN),
        'flush',
        more(content.subarray(11, 15 - i), OPEN),
        'flush',
        more(content.subarray(15 - i)),
      ],
      ...FAULT,
    },
    {
      id: `6.4.${i * 2 + 2}`,
      title: 'what is wrong stands in the middle of a frame that comes in parts',
      sends: [
        frame.subarray(0, cut),
        'flush',
        frame.subarray(cut, cut + 3),
        'flush',
        frame.subarray(cut + 3),
      ],
      ...FAULT,
    },
  ]
})

/** Every other byte is a blank. */
function lonely(first: number, last: number): Buffer {
  return Buffer.from(Array.from({ length: last - first + 1 }, (_, i) => [first + i, 0x20]).flat())
}

const LAST_MISSING = [
  ...['c0', 'e0 80', 'f0 80 80', 'f8 80 80 80', 'fc 80 80 80 80'],
  ...['df', 'ef bf', 'f7 bf bf', 'fb bf bf bf', 'fd bf bf bf bf'],
].map(bytes)

/** U+FFFE and U+FFFF, and the same of the 16 planes above. */
const NON_CHARACTERS = Array.from({ length: 17 }, (_, plane) => [
  Buffer.from(String.fromCodePoint(plane * 0x1_0000 + 0xfffe)),
  Buffer.from(String.fromCodePoint(plane * 0x1_0000 + 0xffff)),
]).flat()

/** Kuhn's stress test of UTF-8 decoders, in the groups in which the suite has it. RFC 3629 §3, §4. */
const GROUPS: readonly { readonly isValid: boolean; readonly contents: readonly Buffer[] }[] = [
  {
    isValid: true,
    contents: [
      KOSME,
      ...['24', 'c2 a2', 'e2 82 ac', 'f0 a4 ad a2'].map((hex) => bytes(`68 69 ${hex} 68 69`)),
    ],
  },
  { isValid: true, contents: Array.from({ length: 11 }, (_, i) => KOSME.subarray(0, i + 1)) },
  { isValid: true, contents: ['00', 'c2 80', 'e0 a0 80', 'f0 90 80 80'].map(bytes) },
  { isValid: false, contents: ['f8 88 80 80 80', 'fc 84 80 80 80 80'].map(bytes) },
  { isValid: true, contents: ['7f', 'df bf', 'ef bf bf', 'f4 8f bf bf'].map(bytes) },
  { isValid: false, contents: ['f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf'].map(bytes) },
  { isValid: true, contents: ['ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 8f bf bf', 'f4 90 80 80'].map(bytes) },
  {
    isValid: false,
    contents: [
      ...['80', 'bf', '80 bf', '80 bf 80', '80 bf 80 bf', '80 bf 80 bf 80', '80 bf 80 bf 80 bf'].map(bytes),
      Buffer.from(Array.from({ length: 63 }, (_, i) => 0x80 + i)),
    ],
  },
  {
    isValid: false,
    contents: [
      lonely(0xc0, 0xdf),
      lonely(0xe0, 0xef),
      lonely(0xf0, 0xf7),
      lonely(0xf8, 0xfb),
      lonely(0xfc, 0xfd),
    ],
  },
  { isValid: false, contents: LAST_MISSING },
  { isValid: false, contents: [Buffer.concat(LAST_MISSING)] },
  { isValid: false, contents: ['fe', 'ff', 'fe fe ff ff'].map(bytes) },
  {
    isValid: false,
    contents: ['c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af'].map(bytes),
  },
  {
    isValid: false,
    contents: ['c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'f8 87 bf bf bf', 'fc 83 bf bf bf bf'].map(bytes),
  },
  {
    isValid: false,
    contents: ['c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80'].map(bytes),
  },
  {
    isValid: false,
    contents: ['ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf'].map(bytes),
  },
  {
    isValid: false,
    contents: ['ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf'].flatMap((high) => [
      bytes(`${high} ed b0 80`),
      bytes(`${high} ed bf bf`),
    ]),
  },
  { isValid: true, contents: NON_CHARACTERS },
  {
    isValid: true,
    contents: ['b9', 'ba', 'bb', 'bc', 'bd', 'be', 'bf'].map((last) => bytes(`ef bf ${last}`)),
  },
]

/** The exceptions within the groups above: beginnings that end within a character, and the first code point that does not exist. */
const INVALID_IN_VALID_GROUPS: ReadonlySet<string> = new Set([
  ...[1, 3, 4, 6, 8, 10].map((length) => KOSME.subarray(0, length).toString('hex')),
  'f4908080',
])

/** RFC 6455 §8.1. */
export const utf8: readonly Scenario[] = [
  ...EMPTY,
  ...SPLIT,
  ...LATE,
  ...GROUPS.flatMap(({ isValid, contents }, group) => {
    return contents.map((content, i) => {
      const isText = isValid && !INVALID_IN_VALID_GROUPS.has(content.toString('hex'))
      return whole(`6.${group + 5}.${i + 1}`, content, isText)
    })
  }),
]
