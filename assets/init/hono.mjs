import { serve } from '@hono/node-server'
import { Hono } from 'hono'

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

const app = new Hono()

app.get('/events', (context) => context.body(': welcome\n\n', 200, held))

app.get('/say', async (context) => {
  try {
    await publish('news', context.req.query('text') ?? 'hello')
    return context.text('said\n')
  } catch (error) {
    return context.text(`not said: ${error.message}\n`, 503)
  }
})

app.get('/', (context) => context.text('try /events and /say?text=hello\n'))

serve({ fetch: app.fetch, port }, () => console.log(`origin on port ${port}`))
