import { LocalBus } from '../../src/cluster/localBus.ts'
import { localFeed } from '../../src/cluster/localFeed.ts'
import { describePublishBus } from '../contracts/publishBusContract.ts'
import { createTestHub } from '../hub/support.ts'

describePublishBus('LocalBus', () => {
  const { hub, clock } = createTestHub()
  return { bus: new LocalBus(hub), hub, feed: localFeed, settle: () => clock.settle() }
})
