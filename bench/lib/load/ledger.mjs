/** The account of what was published and what arrived: nothing may be missing, doubled or out of order. */

/** More holes than this in one sequence are not told apart any more. */
const MAX_HOLES = 10_000

/**
 * Counts the deliveries of numbered items on one channel to a fixed set of clients. Items of one publisher connection
 * (a lane) must arrive in order; those of different lanes may overtake each other on their way in.
 */
export class Ledger {
  counts = { deliveries: 0, gaps: 0, duplicates: 0, reordered: 0 }
  /** Published items that some client still lacks, given-up ones left out. */
  outstanding = 0
  /** Milliseconds from the publish call to each delivery; only kept when `keepLatencies` is on. */
  latencies = []
  /** Milliseconds from the publish call until the last client had the item. */
  completions = []
  keepLatencies = false
  #first = 0
  #oldest = 0
  #items = []
  #laneLengths
  #lanes
  /** For each client and lane, the place in the lane that is due next. */
  #next
  /** The places skipped so far, by the index into `#next`. */
  #holes = new Map()
  #want = 0

  /** `clients` is how many there are, held or not. */
  constructor(clients, lanes) {
    this.#lanes = lanes
    this.#laneLengths = new Uint32Array(lanes)
    this.#next = new Uint32Array(clients * lanes)
  }

  /** Starts a new account from the next item on, which `want` clients are to get; earlier items are forgotten. */
  begin(want) {
    this.#want = want
    this.#first = this.#items.length
    this.#oldest = this.#first
    this.#next.forEach((_, slot, next) => {
      next[slot] = this.#laneLengths[slot % this.#lanes]
    })
    this.#holes.clear()
    this.outstanding = 0
    this.latencies = []
    this.completions = []
    this.counts = { deliveries: 0, gaps: 0, duplicates: 0, reordered: 0 }
  }

  /** Takes a number for a new item that is to be published on `lane`. */
  add(lane) {
    this.outstanding++
    const item = { lane, place: this.#laneLengths[lane]++, sentAt: performance.now(), got: 0, givenUp: false }
    return this.#items.push(item) - 1
  }

  /** Notes when the item was really written. */
  sent(number, now) {
    this.#items[number].sentAt = now
  }

  /** Notes an arrival; answers whether the item has now reached everybody. */
  arrived(index, number) {
    if (number < this.#first || number >= this.#items.length) return false
    const item = this.#items[number]
    if (!this.#isNew(index * this.#lanes + item.lane, item.place)) return false
    this.counts.deliveries++
    const now = performance.now()
    if (this.keepLatencies) this.latencies.push(now - item.sentAt)
    if (++item.got !== this.#want) return false
    this.completions.push(now - item.sentAt)
    if (!item.givenUp) this.outstanding--
    return true
  }

  /** Stops waiting for items older than `timeoutMs`; they stay in `missing`. */
  giveUp(timeoutMs) {
    const limit = performance.now() - timeoutMs
    for (; this.#items[this.#oldest]?.sentAt < limit; this.#oldest++) {
      const item = this.#items[this.#oldest]
      if (item.got >= this.#want) continue
      item.givenUp = true
      this.outstanding--
    }
  }

  /** How many items were published since `begin`. */
  get published() {
    return this.#items.length - this.#first
  }

  /** How many deliveries have not come. */
  get missing() {
    return this.#items.slice(this.#first).reduce((sum, { got }) => sum + this.#want - got, 0)
  }

  #isNew(slot, place) {
    const due = this.#next[slot]
    if (place >= due) {
      if (place > due) this.#skip(slot, due, place)
      this.#next[slot] = place + 1
      return true
    }
    if (this.#holes.get(slot)?.delete(place)) {
      this.counts.gaps--
      this.counts.reordered++
      return true
    }
    this.counts.duplicates++
    return false
  }

  #skip(slot, from, to) {
    const holes = this.#holes.get(slot) ?? new Set()
    this.#holes.set(slot, holes)
    for (let place = from; place < to && holes.size < MAX_HOLES; place++) holes.add(place)
    this.counts.gaps += to - from
  }
}
