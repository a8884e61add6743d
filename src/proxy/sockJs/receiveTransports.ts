import { scriptString } from '../crossOrigin/scriptBody.ts'

/** How frames look in the answers to one kind of requests for them. SockJS 0.3.3. */
export interface ReceiveTransport {
  /** A poll is answered with one frame; a stream with one after another. */
  readonly kind: 'poll' | 'stream'
  readonly methods: readonly string[]
  readonly contentType: string
  /** The frames call a function of the page, which the query names. */
  readonly hasCallback: boolean
  /** What a stream starts with. */
  prelude(callback: string): string
  wrap(frame: Buffer, callback: string): Buffer
}

/** Browsers show a stream's bytes to scripts only after so many. SockJS 0.3.3: xhr_streaming. */
const XHR_PRELUDE = `${'h'.repeat(2048)}\n`

/** Internet Explorer runs the scripts of a page only after so many bytes. SockJS 0.3.3: htmlfile. */
const HTML_PRELUDE_BYTES = 1024

const none = (): string => ''

const xhr: ReceiveTransport = {
  kind: 'poll',
  methods: ['POST'],
  contentType: 'text/plain',
  hasCallback: false,
  prelude: none,
  wrap: (frame) => line(frame),
}

const xhrStreaming: ReceiveTransport = {
  kind: 'stream',
  methods: ['POST'],
  contentType: 'application/javascript; charset=UTF-8',
  hasCallback: false,
  prelude: () => XHR_PRELUDE,
  wrap: (frame) => line(frame),
}

/** The charset is a deviation: without it a page of another one would read the script as its own. */
const jsonp: ReceiveTransport = {
  kind: 'poll',
  methods: ['GET', 'POST'],
  contentType: 'application/javascript; charset=UTF-8',
  hasCallback: true,
  prelude: none,
  wrap: (frame, callback) => Buffer.from(jsonpScript(callback, frame.toString())),
}

/** The empty line of the prelude is for an old Opera. */
const eventSource: ReceiveTransport = {
  kind: 'stream',
  methods: ['GET'],
  contentType: 'text/event-stream; charset=UTF-8',
  hasCallback: false,
  prelude: () => '\r\n',
  wrap: (frame) => Buffer.from(`data: ${frame.toString()}\r\n\r\n`),
}

const htmlFile: ReceiveTransport = {
  kind: 'stream',
  methods: ['GET'],
  contentType: 'text/html; charset=UTF-8',
  hasCallback: true,
  prelude: htmlPage,
  wrap: (frame) => Buffer.from(`<script>\np(${scriptString(frame.toString())});\n</script>\r\n`),
}

/** By the last part of the path. */
export const RECEIVE_TRANSPORTS: ReadonlyMap<string, ReceiveTransport> = new Map([
  ['xhr', xhr],
  ['xhr_streaming', xhrStreaming],
  ['jsonp', jsonp],
  ['eventsource', eventSource],
  ['htmlfile', htmlFile],
])

/** Makes a script that calls a function with a text. The comment keeps the name from being the first bytes. */
export function jsonpScript(callback: string, text: string): string {
  return `/**/${callback}(${scriptString(text)});\n`
}

function line(frame: Buffer): Buffer {
  return Buffer.concat([frame, Buffer.from('\n')])
}

/** The page in a hidden frame, whose scripts call the page around it. The text is the protocol's. */
function htmlPage(callback: string): string {
  const page = `<!DOCTYPE html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.${callback};
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>
`
  return `${page.padEnd(HTML_PRELUDE_BYTES)}\r\n\r\n`
}
