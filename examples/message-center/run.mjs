/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { runExample } from '../support/runExample.mjs'
import { check } from './selfCheck.mjs'
import { start } from './start.mjs'

await runExample({
  start,
  check,
  success:
    'Each client got what it was subscribed to, whichever node it was pushed through, and each mistake was answered.',
  ports: { A: { http: 7999, control: 5561, api: 5580 }, B: { http: 7998, control: 5562, api: 5581 } },
})
