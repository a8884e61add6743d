import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { Flow } from '../support/flow.ts'
import { startOrigin } from '../support/origin.ts'
import { startTarget } from '../support/target.ts'

/** Prometheus' own client for Python has the parser of its server's text form. */
const PARSE = `
import sys, json
from prometheus_client.parser import text_string_to_metric_families as parse
print(json.dumps([[f.name, f.type, len(f.samples)] for f in parse(sys.stdin.read())]))
`

/** Debian's own, for which its packages are. */
function parse(text: string) {
  return spawnSync('/usr/bin/python3', ['-c', PARSE], { input: text, encoding: 'utf8' })
}

const isInstalled = parse('').status === 0
const title = "Prometheus' parser for Python"
const describeParser = isInstalled
  ? describe
  : (name: string, body: () => void) =>
      describe.skip(`${name} [skipped: python3-prometheus-client is not installed]`, body)

describeParser(title, () => {
  const flow = new Flow()

  beforeAll(async () => {
    flow.origin = await startOrigin()
    flow.server = await startTarget({ routes: [`* ${flow.origin.address}`] })
  })
  afterAll(async () => {
    await flow.server?.stop()
    await flow.origin?.stop()
  })

  it('understands the whole page, histogram and summary included', async () => {
    await flow.heldStream()
    const { text } = await new AdminClient(flow.server).request('GET', '/metrics')
    const { stdout, stderr } = parse(text)
    expect(stderr).toBe('')
    const families = JSON.parse(stdout) as [string, string, number][]
    expect(families.map(([name]) => name).slice(0, 5)).toEqual([
      'request_received',
      'connection_connected',
      'connection_minute',
      'message_received',
      'message_sent',
    ])
    expect(families).toContainEqual(['holdfast_holds', 'gauge', 3])
    expect(families).toContainEqual(['holdfast_origin_latency_seconds', 'histogram', 18])
    expect(families).toContainEqual(['holdfast_event_loop_delay_seconds', 'summary', 3])
    expect(families.filter(([, type]) => type === 'unknown')).toEqual([])
  })
})
