import { get, type RequestOptions } from './client.ts'
import type { RawResponse } from './httpResponse.ts'
import { eventually } from './waiting.ts'

/** The admin API of a server, as an operator's script would call it. */
export class AdminClient {
  readonly #port: () => number

  constructor(server: { controlPort: number } | (() => { controlPort: number })) {
    this.#port = () => (typeof server === 'function' ? server() : server).controlPort
  }

  request(method: string, target: string, options: RequestOptions = {}): Promise<RawResponse> {
    return get(this.#port(), target, { method, ...options })
  }

  /** Gets JSON; rejects unless the status is 200. */
  async get(target: string): Promise<any> {
    const response = await this.request('GET', target)
    if (response.status !== 200) throw new Error(`${target}: ${response.status} ${response.text}`)
    return JSON.parse(response.text)
  }

  /** Posts JSON and answers the status with what was said. */
  async post(target: string, body: unknown): Promise<{ status: number; json: any }> {
    const response = await this.request('POST', target, { body: JSON.stringify(body) })
    return { status: response.status, json: JSON.parse(response.text) }
  }

  /** Waits until so many clients are held on the channel, and answers how they are listed. */
  held(channel: string, count = 1): Promise<any[]> {
    return eventually(`${count} on ${channel} are listed`, async () => {
      const { connections } = await this.get(`/connections?channel=${encodeURIComponent(channel)}`)
      return connections.length === count && connections
    })
  }
}
