/** What a stop may take beyond `drain_timeout`: connections that are slow to close, and what publishers are still answered. */
export const STOP_GRACE_MS = 10_000
