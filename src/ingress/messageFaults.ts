import type { Log } from '../edges/log.ts'
import { NoteLimiter } from '../util/noteLimiter.ts'

/** A publisher that sends nothing but rubbish must not fill the disk. */
const RATE = { notes: 10, intervalMs: 10_000 }

/** Warns of messages that cannot be used, in bounded number; `name` is what the lines of sums begin with. */
export function messageFaults(name: string, log: Log): NoteLimiter {
  return new NoteLimiter(
    {
      note: (text) => log.warn(text),
      more: (count) => log.warn(`${name}: skipped ${count} more messages, not logged one by one`),
    },
    RATE,
  )
}
