/** A vote on tea and coffee: an Express app with holdfast in the same process, so that everybody sees the count as it goes. */
import express from 'express'
import { createServer } from 'holdfast'

const DRINKS = ['tea', 'coffee']

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Tea or coffee?</title>
<h1>Tea or coffee?</h1>
${DRINKS.map((drink) => `<button value="${drink}">${drink}: <output id="${drink}">0</output></button>`).join('\n')}
<script>
  new EventSource('/votes').onmessage = ({ data }) => {
    for (const [drink, count] of Object.entries(JSON.parse(data))) document.getElementById(drink).value = count
  }
  for (const button of document.querySelectorAll('button'))
    button.onclick = () => fetch('/vote/' + button.value, { method: 'POST' })
</script>
`

/** Starts it on `port` (0 takes a free one); answers the server, whose `close` ends all. */
export async function startVote(port) {
  const votes = Object.fromEntries(DRINKS.map((drink) => [drink, 0]))
  const countEvent = () => `data: ${JSON.stringify(votes)}\n\n`
  const app = express()
  const server = createServer({ origin: { listener: app } })

  app.get('/', (_request, response) => {
    response.type('html').send(PAGE)
  })

  // Answered at once and held by holdfast: no connection stays with Express.
  app.get('/votes', (_request, response) => {
    response.set({ 'Content-Type': 'text/event-stream', 'Grip-Hold': 'stream', 'Grip-Channel': 'votes' })
    response.send(countEvent())
  })

  app.post('/vote/:drink', async (request, response) => {
    const { drink } = request.params
    if (!DRINKS.includes(drink)) return response.status(404).type('text').send('No such drink.\n')
    votes[drink]++
    const { holds } = await server.publish('votes', { 'http-stream': { content: countEvent() } })
    return response.json({ votes, told: holds })
  })

  return server.listen(port)
}
