import type { PublishItem } from '../../grip/publishItem.ts'

/** An item and when it came. */
export interface DatedItem {
  readonly item: PublishItem
  readonly addedMs: number
}

/** Items that came one after the other, none of which contradicts the chain. */
interface Run {
  /** What the first item names as the one before it. */
  readonly prevId: string | undefined
  readonly kept: DatedItem[]
  /** Id of the last item that is a link of the chain. */
  lastId: string | undefined
}

interface After {
  readonly prevId: string
  /** An item that comes more than this later than another one is not before it in the chain. */
  readonly reorderMs: number
}

/**
 * Returns those of a channel's items, given in the order in which they came, that follow `prevId`, in chain order.
 * Undefined when `prevId` is not known, or when another item may follow it too. Each item here names the number below:
 *
 *     came 1 2 3     after 0: 1 2 3   after 1: 2 3      after 3: none
 *     came 1 3 2     after 1: 2 3     after 2: 3        after 3: none
 *     came 1 2 5 6   after 1 or 2: undefined
 *                    after 4: 5 6     after 5: 6        where 5 came `reorderMs` after 2, else undefined
 */
export function itemsAfter(kept: readonly DatedItem[], after: After): readonly PublishItem[] | undefined {
  const runs = cutIntoRuns(kept)
  const start = findRun(runs, after.prevId)
  if (start === undefined) return undefined
  const place = start.kept.findLastIndex(({ item }) => item.id === after.prevId)
  const following = start.kept.slice(place + 1)
  if (runs.length > 1) {
    const followers = findFollowers(runs, start)
    const leaders = findLeaders(runs, start)
    const beforeMs = timeOf(start.kept[Math.max(place, 0)]) - after.reorderMs
    const isPlaced = (run: Run) =>
      run === start || followers.has(run) || leaders.has(run) || timeOf(run.kept.at(-1)) < beforeMs
    if (!runs.every(isPlaced)) return undefined
    for (const run of followers) following.push(...run.kept)
  }
  return following.map(({ item }) => item)
}

/**
 * A link of the chain begins a new run when it names another one before it than the last link of the run. Items with
 * no-seq are no links; an item without prev-id follows what came before it; one without id cannot be named, so the link
 * before it stays the last.
 */
function cutIntoRuns(kept: readonly DatedItem[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const dated of kept) {
    const { id, noSeq } = dated.item
    const prevId = noSeq ? undefined : dated.item.prevId
    if (run === undefined || (prevId !== undefined && run.lastId !== undefined && run.lastId !== prevId)) {
      run = { prevId, kept: [], lastId: undefined }
      runs.push(run)
    }
    run.kept.push(dated)
    if (!noSeq && id !== undefined) run.lastId = id
  }
  return runs
}

/** The newest run that has the id, or else the newest that comes right after it. */
function findRun(runs: readonly Run[], id: string): Run | undefined {
  const holder = runs.findLast((run) => run.kept.some(({ item }) => item.id === id))
  return holder ?? runs.findLast((run) => run.prevId === id)
}

/** The runs that come after this one, as their ids say, in order. */
function findFollowers(runs: readonly Run[], start: Run): Set<Run> {
  const byPrevId = new Map(runs.map((run) => [run.prevId, run]))
  return walk(start, ({ lastId }) => (lastId === undefined ? undefined : byPrevId.get(lastId)))
}

/** The runs that come before this one, as their ids say. */
function findLeaders(runs: readonly Run[], start: Run): Set<Run> {
  const byLastId = new Map(runs.map((run) => [run.lastId, run]))
  return walk(start, ({ prevId }) => (prevId === undefined ? undefined : byLastId.get(prevId)))
}

/** The runs passed on the way from `start`; wrong ids may lead in a ring. */
function walk(start: Run, next: (run: Run) => Run | undefined): Set<Run> {
  const passed = new Set<Run>()
  for (let run = next(start); run !== undefined && run !== start && !passed.has(run); run = next(run)) {
    passed.add(run)
  }
  return passed
}

function timeOf(dated: DatedItem | undefined): number {
  return dated?.addedMs ?? Number.POSITIVE_INFINITY
}
