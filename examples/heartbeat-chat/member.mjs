/** One member's browser, in short: a WebSocket that notes what it gets. */
import WebSocket from 'ws'

/** Joins the chat and answers when the member has been told who is there. `heard` is everything after that. */
export function join(name, { port }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?name=${name}`)
  const member = {
    name,
    heard: [],
    say: (message) => socket.send(JSON.stringify(message)),
    leave: () => socket.close(1000, 'bye'),
    /** Reads nothing any more, as a laptop that was shut: its pings go unanswered, and its connection stays open. */
    freeze: () => socket.pause(),
    end: () => socket.terminate(),
  }
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString())
      if (message.here === undefined) member.heard.push(message)
      else resolve(member)
    })
  })
}
