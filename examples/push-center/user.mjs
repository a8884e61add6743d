/** One connection of a user, in short: a WebSocket that notes what is pushed to it. */
import WebSocket from 'ws'

/** Connects as a user and answers when the origin has said welcome. */
export function connectUser(uid, { port }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/connect?uid=${uid}`)
  const connection = {
    uid,
    messages: [],
    leave: () => socket.close(1000),
    /** Ends the connection without a word. */
    drop: () => socket.terminate(),
  }
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('message', () => {
      socket.on('message', (data) => connection.messages.push(JSON.parse(data.toString())))
      resolve(connection)
    })
  })
}
