import { createDemo } from '../demo/demoOrigin.ts'
import type { Origin, PublishBus } from '../edges.ts'
import { createLocalOrigin } from '../origin/localOrigin.ts'
import { createTestOrigin } from '../origin/testOrigin.ts'
import { DEMO_ORIGIN } from './demoRoutes.ts'

/** The origins that live in this process, by the name that targets call them. */
export function createLocalOrigins(
  bus: PublishBus,
  controlPort: number | undefined,
): ReadonlyMap<string, Origin> {
  return new Map<string, Origin>([
    ['test', createTestOrigin()],
    [
      DEMO_ORIGIN,
      createLocalOrigin(
        createDemo({
          publish: (items) => bus.publish(items),
          controlUrl: `http://localhost:${controlPort ?? 5561}`,
        }),
      ),
    ],
  ])
}
