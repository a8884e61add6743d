import type { HoldDirectory, Page } from '../../edges/directory.ts'
import { HoldfastError } from '../../errors.ts'
import type { Commands } from '../commands.ts'
import { bodyAnswer, type ControlAnswer, jsonAnswer } from '../controlAnswer.ts'
import type { ControlReply, ControlVerb } from '../controlVerb.ts'
import { errorAnswer, failCall } from './adminAnswer.ts'
import {
  parseChannelQuery,
  parseConnectionQuery,
  parseMatchQuery,
  parseRefresh,
  type QueryPairs,
} from './adminQuery.ts'
import type { AdminTargets } from './adminTargets.ts'

/** What a verb of the admin API is told. */
interface AdminCall {
  /** What stands after the last slash, decoded: a channel's name, or a connection's id. */
  readonly name: string
  readonly query: QueryPairs
  readonly body: Buffer
}

type AdminAction = (call: AdminCall) => Promise<ControlAnswer>

/** One path of the admin API: what each method does there. `takesName`: the path goes on with a name. */
interface AdminPath {
  readonly path: string
  readonly takesName: boolean
  readonly isOpen: boolean
  readonly actions: Partial<Record<'GET' | 'POST' | 'DELETE', AdminAction>>
}

/** Finds the verbs of a request target of the admin API; none when it has no such path. */
export type AdminLookup = (target: string) => readonly ControlVerb[]

/** Builds the admin API. All answers are JSON, also those that say what is wrong; metrics are text. */
export function createAdminLookup(targets: AdminTargets, commands: Commands): AdminLookup {
  const paths = adminPaths(targets, commands)
  return (target) => {
    const queryAt = target.indexOf('?')
    const path = queryAt < 0 ? target : target.slice(0, queryAt)
    const found = paths.find((known) => isPath(known, path))
    if (found === undefined) return []
    const query = queryAt < 0 ? [] : [...new URLSearchParams(target.slice(queryAt + 1))]
    const rest = found.takesName ? path.slice(found.path.length) : ''
    return Object.entries(found.actions).map(([method, action]) => ({
      method: method as 'GET' | 'POST' | 'DELETE',
      scope: found.isOpen ? undefined : 'admin',
      negotiates: false,
      needsLength: false,
      run: (body, reply) => void answerCall(() => action({ name: decodeName(rest), query, body }), reply),
    }))
  }
}

/** A name may contain slashes, and end with one; other paths may have one at the end. */
function isPath({ path, takesName }: AdminPath, asked: string): boolean {
  if (takesName) return asked.length > path.length && asked.startsWith(path)
  return asked === path || asked === `${path}/`
}

function adminPaths(targets: AdminTargets, commands: Commands): readonly AdminPath[] {
  const { directory } = targets
  const path = (text: string, actions: AdminPath['actions']): AdminPath => ({
    path: text,
    takesName: text.length > 1 && text.endsWith('/'),
    isOpen: false,
    actions,
  })
  return [
    { ...path('/healthz', { GET: async () => ok({ status: 'ok' }) }), isOpen: true },
    { ...path('/readyz', { GET: async () => readiness(targets) }), isOpen: true },
    path('/status', { GET: async () => ok(await targets.status()) }),
    path('/nodes', { GET: async () => ok({ nodes: await targets.nodes() }) }),
    path('/errors', { GET: async () => ok(await targets.errors()) }),
    path('/metrics', {
      GET: async () => {
        const { type, text } = await targets.metrics()
        return bodyAnswer(200, type, text)
      },
    }),
    path('/channels', { GET: ({ query }) => listChannels(directory, query) }),
    path('/channels/', { GET: ({ name }) => showChannel(directory, name) }),
    path('/connections', { GET: ({ query }) => listConnections(directory, query) }),
    path('/connections/', {
      GET: ({ name }) => showConnection(directory, name),
      DELETE: ({ name }) => kick(directory, name),
    }),
    path('/routes', { GET: async () => ok({ routes: await targets.routes.list() }) }),
    path('/routes/match', {
      GET: async ({ query }) => ok(await targets.routes.match(parseMatchQuery(query))),
    }),
    path('/refresh', { POST: ({ body }) => refresh(commands, body) }),
    path('/reload', {
      POST: async () => {
        targets.reload()
        return ok({ message: 'Reloaded' })
      },
    }),
  ]
}

async function readiness(targets: AdminTargets): Promise<ControlAnswer> {
  const checks = targets.readiness()
  const failed = Object.entries(checks).flatMap(([name, isFine]) => (isFine ? [] : [name]))
  return failed.length === 0
    ? ok({ status: 'ready', checks })
    : jsonAnswer(503, JSON.stringify({ status: 'not ready', failed, checks }))
}

async function listChannels(directory: HoldDirectory, query: QueryPairs): Promise<ControlAnswer> {
  const { filter, page } = parseChannelQuery(query)
  return pageAnswer('channels', await directory.channels(filter, page))
}

async function showChannel(directory: HoldDirectory, name: string): Promise<ControlAnswer> {
  const channel = await directory.channel(name)
  return channel === undefined ? notFound(`nobody holds the channel "${name}"`) : ok(channel)
}

async function listConnections(directory: HoldDirectory, query: QueryPairs): Promise<ControlAnswer> {
  const { filter, page } = parseConnectionQuery(query)
  return pageAnswer('connections', await directory.connections(filter, page))
}

async function showConnection(directory: HoldDirectory, id: string): Promise<ControlAnswer> {
  const connection = await directory.connection(id)
  return connection === undefined ? notFound(`no connection "${id}" is held`) : ok(connection)
}

async function kick(directory: HoldDirectory, id: string): Promise<ControlAnswer> {
  return (await directory.kick(id)) ? ok({ message: 'Closed' }) : notFound(`no connection "${id}" is held`)
}

async function refresh(commands: Commands, body: Buffer): Promise<ControlAnswer> {
  const request = parseRefresh(body)
  const { kind } = await commands.refresh({ fields: { ...request }, encoding: 'json' })
  if (kind === 'not-found' && 'cid' in request) return notFound(`no WebSocket "${request.cid}" is held`)
  return ok({ message: 'Refreshed' })
}

function ok(value: unknown): ControlAnswer {
  return jsonAnswer(200, JSON.stringify(value))
}

function notFound(error: string): ControlAnswer {
  return errorAnswer(404, error)
}

function pageAnswer(name: string, { items, next, missing }: Page<unknown>): ControlAnswer {
  return ok({ [name]: items, next, missing })
}

async function answerCall(action: () => Promise<ControlAnswer>, reply: ControlReply): Promise<void> {
  try {
    reply.answer(await action())
  } catch (error) {
    failCall(error, reply)
  }
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HoldfastError('ADMIN_REQUEST_INVALID', `path: "${text}" is not percent-encoded UTF-8`)
  }
}
