import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { get, type RequestOptions } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { target } from '../support/target.ts'

const whole = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const page = whole.slice(whole.indexOf('\n## The admin API\n'))

/** Each block of curl lines with the JSON that the page shows for it, if any. */
const examples = [...page.matchAll(/```sh\n([\s\S]*?)```\n(?:\n```json\n([\s\S]*?)```)?/g)].map(
  ([, shell = '', json]) => ({ lines: shell.trim().split('\n'), json }),
)

/** A curl line as a request; of curl's flags, those that the page uses. */
function parseCurl(line: string): { path: string; options: RequestOptions } {
  const match = /^curl (?:-X (\w+) )?'http:\/\/localhost:5561([^']+)'(?: -d '([^']*)')?$/.exec(line)
  if (match === null) throw new Error(`not a curl line of the page: ${line}`)
  const [, method, path = '', body] = match
  if (body !== undefined) return { path, options: { method: 'POST', body } }
  return { path, options: { method: method ?? 'GET' } }
}

/** The same value with all that differs from run to run replaced by its type. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' ? value : typeof value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field)]))
}

const flow = useFlow((origin) => [`* ${origin}`])

describe.runIf(target.name === 'holdfast')('the admin API in docs/api.md', () => {
  it('shows answers as the server gives them, with curl lines that work', async () => {
    const headers = { 'Grip-Set-Meta': 'user="alice"' }
    await flow.heldStream({ headers }, { channel: 'room-1' })
    const [{ id }] = await new AdminClient(flow.server).held('room-1')
    const kicks = examples.filter(({ lines }) => lines.join().includes('/ID'))
    const others = examples.filter((example) => !kicks.includes(example))
    expect([kicks.length, others.length]).toEqual([1, 9])
    // Whom the page kicks would be missing in what it shows next.
    for (const { lines, json } of [...others, ...kicks]) {
      for (const line of lines) {
        const { path, options } = parseCurl(line.replace('/ID', `/${id}`))
        const answer = await get(flow.server.controlPort, path, options)
        expect([line, answer.status]).toEqual([line, 200])
        if (json === undefined || line !== lines.at(-1)) continue
        expect(shapeOf(JSON.parse(answer.text))).toEqual(shapeOf(JSON.parse(json)))
      }
    }
  })

  it('lists the paths that there are', async () => {
    const listed = [...page.matchAll(/^\| `(GET|POST|DELETE) (\/\S*)` \|/gm)]
    expect(listed).toHaveLength(16)
    for (const [, method = '', path = ''] of listed) {
      const answer = await get(flow.server.controlPort, path, { method, body: '{}' })
      expect([path, answer.status]).not.toEqual([path, 405])
      expect([path, answer.text]).not.toEqual([path, 'Not Found\n'])
    }
  })
})
