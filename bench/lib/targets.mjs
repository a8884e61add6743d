/** The servers that can be measured. */
import { floor } from './targets/floor.mjs'
import { holdfast, holdfastWorker, holdfastWorkers } from './targets/holdfast.mjs'
import { nchan } from './targets/nchan.mjs'
import { pushpin } from './targets/pushpin.mjs'

/**
 * All of them, by name. `can` lists what a target is able to do; `start({ dir, originPort, logLevel, checkout })` answers its
 * client port, how to publish to it, and its processes.
 */
export const targets = {
  holdfast,
  'holdfast-1-worker': holdfastWorker,
  'holdfast-2-workers': holdfastWorkers,
  pushpin,
  nchan,
  floor,
}
