import { expected, type Running } from '../../support/target.ts'

/**
 * Waits until a client that lost its stream is on the channel again. holdfast tells how many are there now, Pushpin how
 * many came since its start.
 */
export function subscribedAgain(server: Running, channel: string): Promise<void> {
  return server.subscribed(channel, expected({ holdfast: 1, pushpin: 2 }))
}
