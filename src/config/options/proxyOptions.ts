import type { GripKey } from '../../grip/keys.ts'
import { type ForwardedForRule, parseForwardedForRule } from '../../proxy/forwardedFor.ts'
import { signingKey, verifyingKey } from '../keyType.ts'
import { option, type ValueType } from '../option.ts'
import { boolean, decimal, headerValue, path, text } from '../valueTypes.ts'
import { originLimitOptions } from './limitOptions.ts'
import { MAX_SECONDS } from './runnerOptions.ts'
import { prometheusOptions } from './statsOptions.ts'

/** Which headers tell an origin that the client came by TLS. */
export type ForwardedProtocol = 'off' | 'proto-only' | 'both'

/** Pushpin takes any other word for "neither". */
const forwardedProtocol: ValueType<ForwardedProtocol> = {
  form: '`proto-only`, `true` or `false`',
  parse({ text }) {
    if (text === 'proto-only') return 'proto-only'
    return text === 'true' ? 'both' : 'off'
  },
}

/** The words hold no commas, so quotes around the whole list, as Pushpin's own sample shows it, do no harm. */
const forwardedForRule: ValueType<ForwardedForRule> = {
  form: 'list of `truncate:N` and `append`',
  parse({ items }) {
    const words = items.flatMap((item) => item.split(',')).map((word) => word.trim())
    return parseForwardedForRule(words.filter((word) => word !== ''))
  },
}

const headerNames: ValueType<ReadonlySet<string>> = {
  form: 'list of header names',
  parse: ({ items }) => new Set(items.map((name) => name.toLowerCase())),
}

const NO_RULE: ForwardedForRule = { truncate: undefined, append: false }

/** `[proxy]`: routes, what origins are told, and signatures. */
export const proxyOptions = {
  routesFile: option<string | undefined>({
    key: 'routesfile',
    type: path,
    default: undefined,
    env: 'HOLDFAST_ROUTES_FILE',
    about: 'The [routes file](routes.md); `--route` or `HOLDFAST_ROUTES` take its place.',
  }),
  debug: option({
    key: 'debug',
    type: boolean,
    default: false,
    env: 'HOLDFAST_DEBUG',
    about: 'Whether error responses tell the client what failed.',
  }),
  autoCrossOrigin: option({
    key: 'auto_cross_origin',
    type: boolean,
    default: false,
    about: 'Whether scripts of every site may read the answers, by CORS headers and JSON-P.',
  }),
  originTimeoutSeconds: option({
    key: 'origin_timeout',
    type: decimal(0.1, MAX_SECONDS),
    default: 60,
    unit: 's',
    env: 'HOLDFAST_ORIGIN_TIMEOUT',
    about: 'How long an origin may be silent before the client gets 504.',
  }),
  ...originLimitOptions,
  acceptXForwardedProtocol: option({
    key: 'accept_x_forwarded_protocol',
    type: boolean,
    default: false,
    about: "Whether a client's X-Forwarded-Proto can say that it came by TLS.",
  }),
  setXForwardedProtocol: option<ForwardedProtocol>({
    key: 'set_x_forwarded_protocol',
    type: forwardedProtocol,
    default: 'off',
    withoutFile: 'proto-only',
    about: '`proto-only` sets X-Forwarded-Proto for origins, `true` also X-Forwarded-Protocol.',
  }),
  xForwardedFor: option({
    key: 'x_forwarded_for',
    type: forwardedForRule,
    default: NO_RULE,
    about: 'How X-Forwarded-For is shortened and extended.',
  }),
  xForwardedForTrusted: option({
    key: 'x_forwarded_for_trusted',
    type: forwardedForRule,
    default: NO_RULE,
    about: 'The same for requests that a trusted GRIP proxy signed.',
  }),
  origHeadersNeedMark: option<ReadonlySet<string>>({
    key: 'orig_headers_need_mark',
    type: headerNames,
    default: new Set(),
    about: 'Headers that count as original only when the client has marked them.',
  }),
  acceptPushpinRoute: option({
    key: 'accept_pushpin_route',
    type: boolean,
    default: false,
    about: 'Whether a Pushpin-Route request header may name the route.',
  }),
  cdnLoop: option({
    key: 'cdn_loop',
    type: headerValue,
    default: '',
    about: 'What is added to the CDN-Loop header.',
  }),
  logFrom: option({
    key: 'log_from',
    type: boolean,
    default: false,
    about: "Whether request lines in the log name the client's address.",
  }),
  logUserAgent: option({
    key: 'log_user_agent',
    type: boolean,
    default: false,
    about: "Whether request lines in the log name the client's user agent.",
  }),
  sockJsUrl: option({
    key: 'sockjs_url',
    type: text,
    default: 'http://cdn.jsdelivr.net/sockjs/0.3.4/sockjs.min.js',
    about: 'Where the page that SockJS clients load into a hidden frame finds sockjs-client.',
  }),
  sigIss: option({
    key: 'sig_iss',
    type: text,
    default: 'pushpin',
    env: 'HOLDFAST_SIG_ISS',
    about: 'The issuer that Grip-Sig names.',
  }),
  sigKey: option<GripKey | undefined>({
    key: 'sig_key',
    type: signingKey,
    default: undefined,
    env: 'HOLDFAST_SIG_KEY',
    about: 'Signs Grip-Sig, by which origins know us.',
  }),
  upstreamKey: option<GripKey | undefined>({
    key: 'upstream_key',
    type: verifyingKey,
    default: undefined,
    env: 'HOLDFAST_UPSTREAM_KEY',
    about: 'Verifies the Grip-Sig of a GRIP proxy in front, which is then trusted.',
  }),
  ...prometheusOptions('proxy'),
}
