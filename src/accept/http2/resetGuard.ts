/** Requests that a client may take back in one period: a page that is left takes back what it was still loading. */
const MAX_RESETS = 200
const PERIOD_MS = 10_000

/**
 * Counts the requests that a client takes back. Each costs us and the origin a request and the client nothing, and does
 * not count as one under way: CVE-2023-44487.
 */
export class ResetGuard {
  #count = 0
  #periodEndsMs = 0

  /** Notes a request that was taken back; true when there are more than any client has reason for. */
  note(nowMs: number): boolean {
    if (nowMs >= this.#periodEndsMs) {
      this.#periodEndsMs = nowMs + PERIOD_MS
      this.#count = 0
    }
    return ++this.#count > MAX_RESETS
  }
}
