import express from 'express'

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

const app = express()

app.get('/events', (_request, response) => {
  response.set(held).send(': welcome\n\n')
})

app.get('/say', async (request, response) => {
  try {
    await publish('news', `${request.query.text ?? 'hello'}`)
    response.type('text').send('said\n')
  } catch (error) {
    response.status(503).type('text').send(`not said: ${error.message}\n`)
  }
})

app.get('/', (_request, response) => {
  response.type('text').send('try /events and /say?text=hello\n')
})

app.listen(port, () => console.log(`origin on port ${port}`))
