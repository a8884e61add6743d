/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { runExample } from '../support/runExample.mjs'
import { check } from './selfCheck.mjs'
import { start } from './start.mjs'

await runExample({
  start,
  check,
  success: 'Each window got what is for its user and for all, once and in order, whatever cut it off.',
  ports: { http: 7999, control: 5561, api: 5580, page: 8080 },
})
