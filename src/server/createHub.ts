import type { Config } from '../config/config.ts'
import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import { History } from '../hub/history.ts'
import { HUB_TICK_MS, Hub } from '../hub/hub.ts'
import type { IntakeOptions } from '../hub/intake.ts'
import { RateLimit } from '../hub/rateLimit.ts'
import { Sequencer } from '../hub/sequencer.ts'
import { type Counters, createCounters } from '../stats/counters.ts'

interface Shared {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

/** Whether items come from publishers, or from the primary process, which has put them into order. */
export type ItemSource = 'publishers' | 'primary'

/** Makes what takes items in: where they come from publishers repetitions are dropped, and late ones waited for. */
export function createIntake(config: Config, shared: Shared, source: ItemSource): IntakeOptions {
  const { handler } = config
  const isFirst = source === 'publishers'
  const history = {
    maxItems: handler.historySize,
    ttlMs: handler.historyTtlSeconds * 1000,
    reorderMs: 2 * handler.messageWaitMs + HUB_TICK_MS,
    maxBytes: handler.historyMaxBytes,
  }
  return {
    log: shared.log,
    counters: shared.counters,
    sequencer: new Sequencer({
      messageWaitMs: isFirst ? handler.messageWaitMs : 0,
      idCacheTtlMs: isFirst ? idCacheTtlSeconds(config) * 1000 : 0,
    }),
    history: handler.historySize === 0 ? undefined : new History(history),
  }
}

/** What a stream keeps may come a second time, when it is read after a lost connection. */
function idCacheTtlSeconds({ cluster, handler }: Config): number {
  const { idCacheTtlSeconds, historyTtlSeconds } = handler
  return cluster.natsStream === undefined ? idCacheTtlSeconds : Math.max(idCacheTtlSeconds, historyTtlSeconds)
}

/** Makes the hub of a process that has clients; `share` is the part of all clients that are its own. */
export function createHub(
  config: Config,
  shared: Shared,
  { source, share }: { readonly source: ItemSource; readonly share: number },
): Hub {
  const { messageRate, messageHwm, subscriptionLingerSeconds, updatesOnFirstSubscription } = config.handler
  const rateLimit =
    messageRate === undefined
      ? undefined
      : new RateLimit({ ...shared, deliveriesPerSecond: messageRate * share, maxWaiting: messageHwm })
  return new Hub({
    ...createIntake(config, shared, source),
    clock: shared.clock,
    // The primary has counted what it passes on.
    ...(source === 'primary' ? { intakeCounters: createCounters() } : {}),
    rateLimit,
    lingerMs: subscriptionLingerSeconds * 1000,
    updatesOnFirstSubscription,
  })
}
