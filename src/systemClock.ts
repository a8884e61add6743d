import type { Clock } from './edges/clock.ts'

/** The process's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs).unref()
    return { cancel: () => clearInterval(timer) }
  },
  soon: (callback) => {
    setImmediate(callback)
  },
}
