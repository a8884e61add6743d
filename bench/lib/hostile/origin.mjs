/** What origins of bench/hostile.mjs answer beside plain bodies. */

const MIB = 1024 * 1024
const DEEP = 200_000

/** JSON that is so many levels deep. */
export const deepJson = (levels = DEEP) => '['.repeat(levels) + ']'.repeat(levels)

/** Answers a path that stands for a check; false when it is none of these. */
export function answerCheck(request, response) {
  if (request.url === '/deep') {
    response.writeHead(200, { 'Content-Type': 'application/grip-instruct' }).end(deepJson())
  } else if (request.url === '/instruct') {
    response.writeHead(200, { 'Content-Type': 'application/grip-instruct' })
    response.end(Buffer.alloc(20 * MIB, 0x20))
  } else if (request.url === '/silent') {
    // Never.
  } else if (request.url.startsWith('/socket')) {
    answerEvents(request, response)
  } else return false
  return true
}

async function answerEvents(request, response) {
  let events = ''
  for await (const chunk of request) events = (events + chunk).slice(0, 5)
  response.writeHead(200, { 'Content-Type': 'application/websocket-events' })
  response.end(events.startsWith('OPEN') ? 'OPEN\r\n' : '')
}

/** Heads that no client may see, by path. */
const BROKEN = {
  '/cr': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\rX-Injected: yes\r\n\r\nok',
  '/nul': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\0c\r\n\r\nok',
  '/lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok',
}

export const BROKEN_PATHS = Object.keys(BROKEN)

/** The bytes with which a broken origin answers a request head; undefined when it is to die instead. */
export function brokenAnswer(head) {
  return BROKEN[/^GET \/broken(\S+)/.exec(head)?.[1]]
}
