import type { TestProcess } from './process.ts'
import { eventually } from './waiting.ts'

/** Waits until the server's log tells of so many subscriptions to the channel. */
export async function untilSubscribed(server: TestProcess, channel: string, count: number): Promise<void> {
  const pattern = new RegExp(`subscribe \\S+ channel=${escapeRegExp(channel)}( retry)?$`, 'gm')
  await eventually(
    `${count} subscriptions to ${channel}`,
    () => (server.output.match(pattern)?.length ?? 0) >= count,
  )
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
