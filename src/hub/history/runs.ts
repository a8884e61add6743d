import type { PublishItem } from '../../grip/publishItem.ts'

/** Items that came one after the other, none of which contradicts the chain. */
interface Run {
  /** What the first item names as the one before it. */
  readonly prevId: string | undefined
  readonly items: PublishItem[]
  /** Id of the last item that is a link of the chain. */
  lastId: string | undefined
}

/**
 * Returns those of a channel's items, given in the order in which they came, that follow `prevId`, in chain order.
 * Undefined when `prevId` is not known, or when not all that came after it is known to follow it.
 *
 *     1 2 3      after 1: 2 3     after 0, where 2 is the oldest kept and names 1: nothing is known
 *     1 3 2      after 1: 2 3, as 3 names 2     after 2: 3     after 3: not known
 *     1 2 5 6    after 2: not known, as 5 names 4     after 4: 5 6     after 6: none
 *
 * Where nothing tells how two runs of items lie, the later one counts as newer: the sequencer has waited for what is
 * missing between them.
 */
export function itemsAfter(
  prevId: string,
  items: readonly PublishItem[],
): readonly PublishItem[] | undefined {
  const runs = cutIntoRuns(items)
  const index = findRun(runs, prevId)
  const start = runs[index]
  if (start === undefined) return undefined
  const first = start.items.slice(start.items.findLastIndex((item) => item.id === prevId) + 1)
  if (runs.length === 1) return first
  const followers = findFollowers(runs, start)
  const isComplete = runs.every((run, i) => i <= index || followers.has(run))
  return isComplete ? first.concat(...Array.from(followers, (run) => run.items)) : undefined
}

/**
 * A link of the chain begins a new run when it names another one before it than the last link of the run. Items with
 * no-seq are no links; an item without prev-id follows what came before it; one without id cannot be named, so the link
 * before it stays the last.
 */
function cutIntoRuns(items: readonly PublishItem[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const item of items) {
    const prevId = item.noSeq ? undefined : item.prevId
    if (run === undefined || (prevId !== undefined && run.lastId !== undefined && run.lastId !== prevId)) {
      run = { prevId, items: [], lastId: undefined }
      runs.push(run)
    }
    run.items.push(item)
    if (!item.noSeq && item.id !== undefined) run.lastId = item.id
  }
  return runs
}

/** The index of the newest run that has the id, or else of the newest that comes right after it; -1 when there is none. */
function findRun(runs: readonly Run[], id: string): number {
  const index = runs.findLastIndex((run) => run.items.some((item) => item.id === id))
  return index >= 0 ? index : runs.findLastIndex((run) => run.prevId === id)
}

/** The runs that come after this one, as their ids say; wrong ids may form a ring. */
function findFollowers(runs: readonly Run[], start: Run): Set<Run> {
  const byPrevId = new Map(runs.map((run) => [run.prevId, run]))
  byPrevId.delete(undefined)
  const followers = new Set<Run>()
  let run = byPrevId.get(start.lastId)
  while (run !== undefined && run !== start && !followers.has(run)) {
    followers.add(run)
    run = byPrevId.get(run.lastId)
  }
  return followers
}
