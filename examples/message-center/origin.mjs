/**
 * The application: a client says who it is and whose messages it wants, as JSON on its WebSocket. Each word of the client is one HTTP
 * request to us, and nothing of a connection stays here: who it is and what it has we write into its meta, which holdfast
 * brings along with the next request.
 */
import { startSocketOrigin } from '../support/socketOrigin.mjs'
import { uidOf } from './token.mjs'

const UID = /^[0-9]{1,9}$/
/** holdfast's own limit, `connection_subscription_max`: beyond it a subscription would be ignored without a word. */
export const MAX_SUBSCRIPTIONS = 20

/** The channel of what is for one user. */
export function channelOf(uid) {
  return `@${uid}`
}

/** Tells whether a value is the number of a user, as text. */
export function isUid(value) {
  return typeof value === 'string' && UID.test(value)
}

/** A client's mistake: it is told, and the connection goes on. */
class Refusal extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** Starts the origin on a free port of the loopback interface and answers its server. */
export function startOrigin() {
  return startSocketOrigin({
    open: () => true,
    message: answer,
    gone: () => {}, // Subscriptions end with the connection, and we keep nothing else.
    request: (_request, response) => {
      response.writeHead(426, { 'Content-Type': 'text/plain' }).end('Connect by WebSocket.\n')
    },
  })
}

/** Does what a message asks for, and answers it. */
function answer(socket, text) {
  let op
  try {
    const message = parse(text)
    op = message.op
    const operation = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined
    if (operation === undefined) throw new Refusal('unknown-op', `no such op: ${op}`)
    reply(socket, { op, ok: true, ...operation(socket, message) })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    reply(socket, { op, ok: false, error: error.code, message: error.message })
  }
}

const OPERATIONS = {
  auth(socket, { token }) {
    const uid = uidOf(String(token))
    if (uid === undefined) throw new Refusal('bad-token', 'the token is not valid')
    socket.meta.uid = uid
    return { uid }
  },

  subscribe(socket, { uid }) {
    const uids = subscriptions(socket, uid)
    if (uids.size === MAX_SUBSCRIPTIONS && !uids.has(uid)) {
      throw new Refusal('too-many', `a connection has ${MAX_SUBSCRIPTIONS} subscriptions at most`)
    }
    socket.subscribe(channelOf(uid))
    return remember(socket, uids.add(uid))
  },

  unsubscribe(socket, { uid }) {
    const uids = subscriptions(socket, uid)
    if (!uids.delete(uid)) throw new Refusal('not-subscribed', `there is no subscription to ${uid}`)
    socket.unsubscribe(channelOf(uid))
    return remember(socket, uids)
  },
}

/** What a connection has, for those who may ask. Here everybody may listen to everybody: an application looks `meta.uid` up. */
function subscriptions({ meta }, uid) {
  if (meta.uid === undefined)
    throw new Refusal('not-authenticated', 'say who you are first: {"op": "auth", "token": …}')
  if (!isUid(uid)) throw new Refusal('bad-uid', 'uid has to be a number in quotes')
  return new Set((meta.uids ?? '').split(',').filter(isUid))
}

function remember(socket, uids) {
  socket.meta.uids = [...uids].join(',')
  return { uids: [...uids] }
}

function parse(text) {
  let message
  try {
    message = JSON.parse(text)
  } catch {
    throw new Refusal('not-json', 'a message has to be JSON')
  }
  if (typeof message?.op !== 'string') throw new Refusal('no-op', 'a message has to be an object with an op')
  return message
}

function reply(socket, message) {
  socket.send(JSON.stringify(message))
}
