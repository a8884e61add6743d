/**
 * The application: a chat of messages to all and to one, and of who is there. It answers short HTTP requests; a member that has died
 * without a word is found by holdfast, which tells it as a DISCONNECT.
 */
import { publishMessages } from '../support/publish.mjs'
import { startSocketOrigin } from '../support/socketOrigin.mjs'

const EVERYBODY = 'chat'
const NAME = /^[a-z]{1,20}[0-9]{0,4}$/

/** Members that were sent nothing for so long are sent a ping: middleboxes drop connections that seem unused. */
const PING_SECONDS = 25

/** The channel of one member. */
const channelOf = (name) => `member-${name}`

/** Starts the chat; `controlPort` answers where holdfast takes items. */
export function startChat({ controlPort, port }) {
  return startSocketOrigin(
    createChat((items) => publishMessages(controlPort(), items)),
    port,
  )
}

function createChat(publish) {
  /** Names by the id of their WebSocket. */
  const members = new Map()
  const tellAll = (message) => publish([{ channel: EVERYBODY, text: JSON.stringify(message) }])
  return {
    async open(socket) {
      const name = socket.url.searchParams.get('name') ?? ''
      if (!NAME.test(name) || [...members.values()].includes(name)) return false
      members.set(socket.id, name)
      socket.subscribe(EVERYBODY)
      socket.subscribe(channelOf(name))
      socket.pingEvery(PING_SECONDS)
      socket.send(JSON.stringify({ here: [...members.values()] }))
      await tellAll({ joined: name })
      return true
    },
    async message(socket, text) {
      const from = members.get(socket.id)
      const message = parseMessage(text)
      if (message === undefined)
        socket.send(JSON.stringify({ error: 'say {"text": "…"}, and {"to": "…"} for one member' }))
      else if (message.to === undefined) await tellAll({ from, text: message.text })
      else await publish([{ channel: channelOf(message.to), text: JSON.stringify({ from, ...message }) }])
    },
    async gone(socket, { isLost }) {
      const name = members.get(socket.id)
      if (!members.delete(socket.id)) return
      await tellAll(isLost ? { lost: name } : { left: name })
    },
    request(_request, response) {
      response.writeHead(426, { 'Content-Type': 'text/plain' }).end('Connect by WebSocket: /chat?name=YOU\n')
    },
  }
}

function parseMessage(text) {
  try {
    const { to, text: said } = JSON.parse(text)
    const isAddressed = to === undefined || NAME.test(to)
    return typeof said === 'string' && isAddressed ? { to, text: said } : undefined
  } catch {
    return undefined // Not JSON, or JSON without fields.
  }
}
