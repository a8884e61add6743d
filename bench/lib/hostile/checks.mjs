/** Checks of bench/hostile.mjs that send something once and look at the answer. Each returns what to print. */
import { BROKEN_PATHS, deepJson } from './origin.mjs'

const MIB = 1024 * 1024

/** What is published wrong: a code, reason or header that would become part of a head. */
const BAD_FORMATS = [
  { code: 99 },
  { code: 1000 },
  { code: '200\r\nX: y' },
  ...['a\rb', 'a\nb', 'a\r\nX: y', 'a\0b'].flatMap((text) => [
    { reason: text },
    { headers: { 'X-A': text } },
    { headers: { [text]: 'b' } },
    { headers: [['X-A', text]] },
  ]),
]

const get = (path) => `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`

const post = (body, length = Buffer.byteLength(body)) =>
  `POST /publish/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`

const statusOf = (answer) => answer.slice(9, 12) || 'no answer'

/** Sends bytes and tells status, time, and how much more memory the server had at the most meanwhile. */
async function timed({ exchange, memoryBytes, inMib }, bytes, to) {
  const before = memoryBytes()
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, memoryBytes())
  }, 20)
  const beganMs = performance.now()
  const answer = await exchange(bytes, to)
  const tookMs = performance.now() - beganMs
  clearInterval(looking)
  most = Math.max(most, memoryBytes())
  return `${statusOf(answer)} after ${tookMs.toFixed(0)} ms, ${inMib(most - before)} more memory`
}

/** The checks in the order in which they are printed, by what they are called. */
export const CHECKS = {
  'instructions 200,000 levels deep': (bench) => timed(bench, get('/deep')),
  'item 200,000 levels deep': (bench) => timed(bench, post(deepJson()), bench.controlPort),
  'instructions of 20 MB': (bench) => timed(bench, get('/instruct')),
  'item of 60 MB': (bench) => timed(bench, post('x'.repeat(60 * MIB), 60 * MIB), bench.controlPort),
  'code, reason or header with CR, LF, NUL or out of range': async ({ exchange, controlPort }) => {
    let refused = 0
    for (const format of BAD_FORMATS) {
      const item = { channel: 'c', formats: { 'http-response': { body: 'x', ...format } } }
      if (statusOf(await exchange(post(JSON.stringify({ items: [item] })), controlPort)) === '400') refused++
    }
    return `${refused} of ${BAD_FORMATS.length} items refused with 400`
  },
  'CR, NUL or a second Content-Length from the origin': async ({ exchange }) => {
    const answers = await Promise.all(BROKEN_PATHS.map((path) => exchange(get(`/broken${path}`))))
    const blocked = answers.filter((answer) => statusOf(answer) === '502').length
    return `${blocked} of ${BROKEN_PATHS.length} answered 502`
  },
  'origin silent': async (bench) => `${await timed(bench, get('/silent'))} (origin_timeout 2)`,
}
