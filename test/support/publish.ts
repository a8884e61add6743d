import { get, type RequestOptions } from './client.ts'
import type { RawResponse } from './httpResponse.ts'

/** Sends `{"items": [...]}` to a control port as publishers do; answers the response whatever it says. */
export function postItems(
  controlPort: number,
  items: readonly unknown[],
  options: RequestOptions = {},
): Promise<RawResponse> {
  return postPublish(controlPort, JSON.stringify({ items }), options)
}

/** Sends a body to `/publish/`. */
export function postPublish(
  controlPort: number,
  body: string,
  options: RequestOptions = {},
): Promise<RawResponse> {
  return get(controlPort, '/publish/', { method: 'POST', body, ...options })
}

/** Publishes items; rejects unless they were accepted. */
export async function publish(server: { controlPort: number }, ...items: readonly unknown[]): Promise<void> {
  const response = await postItems(server.controlPort, items)
  if (response.status !== 200) throw new Error(`publish refused: ${response.status} ${response.text}`)
}

/** Publishes items and answers what the server says of each; only holdfast does. */
export async function publishCounted(
  controlPort: number,
  items: readonly unknown[],
  timeoutMs?: number,
): Promise<{ channel: string; holds: number; id?: string }[]> {
  const response = await postItems(controlPort, items, {
    headers: { Accept: 'application/json' },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  if (response.status !== 200) throw new Error(`publish refused: ${response.status} ${response.text}`)
  return JSON.parse(response.text).items
}

/** An item that answers long polls on the channel. */
export function responseItem(
  channel: string,
  format: Record<string, unknown> | string,
): Record<string, unknown> {
  return { channel, formats: { 'http-response': typeof format === 'string' ? { body: format } : format } }
}

/** An item that streams on the channel get. */
export function streamItem(
  channel: string,
  format: Record<string, unknown> | string,
): Record<string, unknown> {
  return { channel, formats: { 'http-stream': typeof format === 'string' ? { content: format } : format } }
}

/** The item with a place in its channel's chain: its own id, and that of the item before it. */
export function chained(item: Record<string, unknown>, id: string, prevId?: string): Record<string, unknown> {
  return prevId === undefined ? { ...item, id } : { ...item, id, 'prev-id': prevId }
}
