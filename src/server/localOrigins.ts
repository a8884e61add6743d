import { createDemo } from '../demo/demoOrigin.ts'
import type { PublishBus } from '../edges/bus.ts'
import type { LocalOrigin } from '../edges/originSocket.ts'
import { createLocalOrigin } from '../origin/localOrigin.ts'
import { createTestOrigin } from '../origin/testOrigin.ts'
import type { IngressCounts } from '../stats/counters.ts'
import { DEMO_ORIGIN } from './demoRoutes.ts'

/** The origins that live in this process, by the name that targets call them. */
export function createLocalOrigins(
  bus: PublishBus,
  {
    controlPort,
    counts,
    added = new Map(),
  }: {
    readonly controlPort: number | undefined
    readonly counts: IngressCounts
    readonly added?: ReadonlyMap<string, LocalOrigin> | undefined
  },
): ReadonlyMap<string, LocalOrigin> {
  return new Map<string, LocalOrigin>([
    ['test', createTestOrigin()],
    [
      DEMO_ORIGIN,
      createLocalOrigin(
        createDemo({
          publish: async (items) => {
            const outcomes = await bus.publish(items)
            counts.accepted += items.length
            return outcomes
          },
          ...(controlPort === undefined ? {} : { controlUrl: `http://localhost:${controlPort}` }),
        }),
      ),
    ],
    ...added,
  ])
}
