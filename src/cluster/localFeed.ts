import type { ChannelFeed } from '../edges/bus.ts'

/** The feed of a single process, in which items are published to the hub itself. */
export const localFeed: ChannelFeed = { open: (_channels, onOpen) => onOpen() }
