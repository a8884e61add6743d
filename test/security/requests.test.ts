import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Running, startTarget } from '../support/target.ts'
import { bodyRows } from './requests/bodies.ts'
import { fieldRows } from './requests/fields.ts'
import { hostRows } from './requests/hosts.ts'
import { pipelineRows } from './requests/pipelines.ts'
import { requestLineRows } from './requests/requestLines.ts'
import { sizeRows } from './requests/sizes.ts'
import { smugglingRows } from './requests/smuggling.ts'
import { targetRows } from './requests/targets.ts'
import { RecordingOrigin } from './support/recordingOrigin.ts'
import { checkRow } from './support/requestRow.ts'

const areas = [
  ['a request line', requestLineRows],
  ['a request target', targetRows],
  ['a Host', hostRows],
  ['a field', fieldRows],
  ['the length of a body', smugglingRows],
  ['a body', bodyRows],
  ['a size', sizeRows],
  ['pipelined requests', pipelineRows],
] as const

describe.each([
  ['a route', '*'],
  ['a route without GRIP', '*,no_grip'],
] as const)('over %s', (_, condition) => {
  let server: Running
  let origin: RecordingOrigin

  beforeAll(async () => {
    origin = await RecordingOrigin.start()
    server = await startTarget({ routes: [`${condition} 127.0.0.1:${origin.port}`] })
  })

  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  describe.each(areas)('%s', (_, rows) => {
    test.each(rows)('$name: $expects.kind', (row) => checkRow(row, { port: server.port, origin }))
  })
})
