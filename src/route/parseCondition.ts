import { normalizeDomain, whyNeverMatched } from './domain.ts'
import { parseSetHeaders } from './parseSetHeaders.ts'
import { DEFAULT_JSONP, type JsonpOptions, type RouteOptions } from './route.ts'
import { routeError } from './routeError.ts'
import type { RouteSection } from './routeLexer.ts'
import { SectionProps } from './sectionProps.ts'
import { toWirePath } from './wirePath.ts'

/** All of a route but its targets. */
export type Condition = Omit<RouteOptions, 'targets'>

/**
 * Reads the condition section of a route: which requests it is for, and what it does to them.
 *
 * @throws HoldfastError ROUTE_INVALID with Pushpin's text where it has one
 */
export function parseCondition(section: RouteSection): { condition: Condition; warnings: string[] } {
  const props = new SectionProps(section)
  const domain = normalizeDomain(section.value)
  const pathBeg = parsePathBeg(props)
  const condition: Condition = {
    domain,
    pathBeg,
    proto: props.choice('proto', ['http', 'ws']),
    ssl: parseScheme(props),
    id: props.text('id') ?? '',
    sigIss: props.text('sig_iss'),
    sigKey: props.text('sig_key'),
    prefix: props.value('prefix') ?? '',
    ...parseRequestChanges(props, pathBeg),
    ...parseSwitches(props),
    jsonp: parseJsonp(props),
    sockJsPath: props.text('sockjs'),
    sockJsAsPath: props.text('sockjs_as_path'),
    logLevel: props.integer('log_level'),
    linkHosts: props.all('link_hosts').join(',').toLowerCase().split(/[ ,]+/).filter(Boolean),
  }
  warnUnreachable(condition, props.warnings)
  props.warnUnread()
  return { condition, warnings: props.warnings }
}

function parsePathBeg(props: SectionProps): string {
  const pathBeg = props.value('path_beg')
  if (pathBeg === '') throw routeError('path_beg cannot be empty')
  return toWirePath(pathBeg ?? '')
}

function parseScheme(props: SectionProps): boolean | undefined {
  const ssl = props.choice('ssl', ['yes', 'no'])
  return ssl === undefined ? undefined : ssl === 'yes'
}

/** What the origin gets to see differently. Pushpin: `replace_beg` overrides `path_rem`. */
function parseRequestChanges(props: SectionProps, pathBeg: string) {
  const pathRemove = Math.max(0, props.integer('path_rem') ?? 0)
  const replacement = props.value('replace_beg')
  return {
    origHeaders: props.flag('orig_headers'),
    asHost: props.authority('as_host'),
    pathRemove: replacement === undefined ? pathRemove : pathBeg.length,
    pathPrepend: replacement ?? '',
    setHeaders: parseSetHeaders(props),
  }
}

function parseSwitches(props: SectionProps) {
  return {
    debug: props.flag('debug'),
    autoCrossOrigin: props.flag('aco'),
    session: props.flag('session'),
    grip: !props.flag('no_grip'),
  }
}

function parseJsonp(props: SectionProps): JsonpOptions {
  const mode = props.choice('jsonp_mode', ['basic', 'extended']) ?? DEFAULT_JSONP.mode
  return {
    mode,
    callbackParam: props.text('jsonp_cb') ?? DEFAULT_JSONP.callbackParam,
    bodyParam: props.text('jsonp_body'),
    defaultCallback: props.text('jsonp_defcb'),
    defaultMethod: props.text('jsonp_defmethod') ?? (mode === 'basic' ? 'POST' : 'GET'),
  }
}

function warnUnreachable(condition: Condition, warnings: string[]): void {
  if (condition.domain === '' && condition.id === '') {
    warnings.push("condition has no domain or id: only its automatic id reaches it (write '*' for all hosts)")
  }
  const reason = whyNeverMatched(condition.domain ?? '')
  if (reason !== undefined) warnings.push(`domain '${condition.domain}' never matches: ${reason}`)
  if (condition.pathBeg !== '' && !condition.pathBeg?.startsWith('/')) {
    warnings.push(`path_beg '${condition.pathBeg}' never matches: paths start with '/'`)
  }
}
