/** All runs of one measurement on one target, with the floor in between: figures of one block may be compared. */
import { runMeasure } from './measure.mjs'
import { targets } from './targets.mjs'

/**
 * Runs target, floor, target, floor, ..., target: `runs` times the target, with the floor in every gap (and once after
 * a single run). A failure ends the block, and is told in `error`; what was measured before stays.
 */
export async function runBlock(target, measure, { runs, withFloor, logLevel, checkout, say }) {
  const block = { results: [], floorResults: [], error: undefined }
  try {
    for (let run = 1; run <= runs; run++) {
      say(`${target.name}, run ${run} of ${runs}`)
      block.results.push(await runMeasure(target, measure, { logLevel, checkout }))
      if (!withFloor || (run === runs && runs > 1)) continue
      say('floor')
      block.floorResults.push(await runMeasure(targets.floor, measure, { logLevel, checkout }))
    }
  } catch (error) {
    block.error = error.message
    say(`failed: ${error.message}`)
  }
  return block
}
