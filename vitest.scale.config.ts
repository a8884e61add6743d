import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** What is published, kicked, reloaded and drained does not depend on the number of processes. */
const include = [
  'test/flows/publish.test.ts',
  'test/flows/publishIngress.test.ts',
  'test/flows/publishCommand.test.ts',
  'test/flows/webSocket/publish.test.ts',
  'test/flows/kick.test.ts',
  'test/flows/reload.test.ts',
  'test/flows/shutdown.test.ts',
]

const project = (name: string, env: Record<string, string>) => ({
  extends: true as const,
  test: { name, env, include },
})

/** Runs flows that are written for one process against two workers, and against two nodes: clients at one, publishers at the other. */
export default defineConfig({
  test: {
    ...base.test,
    include: [],
    projects: [
      project('2 workers', { HOLDFAST_TEST_WORKERS: '2' }),
      project('2 nodes', { HOLDFAST_TEST_NODES: '2' }),
    ],
  },
})
