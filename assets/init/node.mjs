import { createServer } from 'node:http'

const port = Number(process.env.PORT ?? 3000)
const publishUrl = process.env.PUBLISH_URL ?? 'http://localhost:5561/publish/'

// With these headers holdfast keeps the client, and the request is over for us.
const held = {
  'Content-Type': 'text/event-stream',
  'Grip-Hold': 'stream',
  'Grip-Channel': 'news',
  'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=20',
}

// Sends a server-sent event to everybody who holds the channel.
async function publish(channel, text) {
  const formats = { 'http-stream': { content: `data: ${text}\n\n` } }
  const body = JSON.stringify({ items: [{ channel, formats }] })
  const response = await fetch(publishUrl, { method: 'POST', body })
  if (!response.ok) throw new Error(await response.text())
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/events') {
    response.writeHead(200, held).end(': welcome\n\n')
  } else if (url.pathname === '/say') {
    try {
      await publish('news', url.searchParams.get('text') ?? 'hello')
      response.end('said\n')
    } catch (error) {
      response.writeHead(503).end(`not said: ${error.message}\n`)
    }
  } else {
    response.end('try /events and /say?text=hello\n')
  }
})

server.listen(port, () => console.log(`origin on port ${port}`))
