/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { runExample } from '../support/runExample.mjs'
import { check } from './selfCheck.mjs'
import { start } from './start.mjs'

await runExample({
  start,
  check,
  success: 'Each watcher had the numbers at once, and then every change.',
  ports: { http: 7999, control: 5561 },
})
