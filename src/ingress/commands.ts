import type { PublishBus } from '../edges/bus.ts'
import type { HoldDirectory } from '../edges/directory.ts'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import { type FieldEncoding, JsonFields, textOf } from '../grip/jsonFields.ts'
import { type PublishItem, parsePublishItem, parsePublishItems } from '../grip/publishItem.ts'
import type { IngressCounts } from '../stats/counters.ts'

/** The arguments of a command: an object as JSON or a tnetstring has it. */
export interface CommandArgs {
  readonly fields: Readonly<Record<string, unknown>>
  readonly encoding: FieldEncoding
}

/** What a command answers. */
export type CommandResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'published'; readonly count: number }
  /** The ids of connections that are there. */
  | { readonly kind: 'found'; readonly ids: readonly string[] }
  /** The connection that was named does not exist. */
  | { readonly kind: 'not-found' }

/** Does something that publishers and operators can ask for, whatever the wire. Rejects with coded errors. */
export type Command = (args: CommandArgs) => Promise<CommandResult>

/** The commands by Pushpin's names for them. Pushpin: operations.md §2.2. */
export interface Commands {
  readonly publish: Command
  readonly recover: Command
  readonly refresh: Command
  readonly conncheck: Command
}

/** What commands act on. */
export interface CommandTargets {
  readonly bus: PublishBus
  /** Makes all holds ask their origins again. */
  readonly recover: () => void
  readonly directory: Pick<HoldDirectory, 'has' | 'refresh'>
}

/** Builds the commands, one table for all wires. */
export function createCommands(targets: CommandTargets): Commands {
  return {
    publish: (args) => publish(targets, args),
    recover: async () => {
      targets.recover()
      return { kind: 'done' }
    },
    refresh: (args) => refresh(targets, args),
    conncheck: (args) => checkConnections(targets, args),
  }
}

/** Pushpin answers before it publishes; here what was answered is what happened. */
async function publish({ bus }: CommandTargets, args: CommandArgs): Promise<CommandResult> {
  const items = parsePublishItems(args.fields, args.encoding)
  await bus.publish(items, { countsHolds: false })
  return { kind: 'published', count: items.length }
}

/** One WebSocket by `cid`, or all on a `channel`, those of other nodes included. */
async function refresh({ bus, directory }: CommandTargets, args: CommandArgs): Promise<CommandResult> {
  const fields = fieldsOf(args)
  const id = fields.string('cid')
  if (id !== undefined) return { kind: (await directory.refresh(id)) ? 'done' : 'not-found' }
  const channel = fields.string('channel')
  if (channel === undefined) throw fields.missing("'cid' or 'channel'")
  await bus.publish([refreshItem(channel)], { countsHolds: false })
  return { kind: 'done' }
}

/** An item that asks nothing else, and has no place in the channel's chain. */
function refreshItem(channel: string): PublishItem {
  return parsePublishItem({
    channel,
    'no-seq': true,
    formats: { 'ws-message': { action: 'refresh' } },
  })
}

async function checkConnections({ directory }: CommandTargets, args: CommandArgs): Promise<CommandResult> {
  const fields = fieldsOf(args)
  const list = fields.list('ids')
  if (list === undefined) throw fields.missing("'ids'")
  const ids = list.map((element) => {
    const id = textOf(element)
    if (id === undefined) throw fields.error('ids contains element with wrong type')
    return id
  })
  const found = await Promise.all(ids.map((id) => directory.has(id)))
  return { kind: 'found', ids: ids.filter((_, i) => found[i]) }
}

function fieldsOf({ fields, encoding }: CommandArgs): JsonFields {
  return new JsonFields(fields, { name: 'args', code: 'COMMAND_INVALID', encoding })
}

const UNUSABLE: ReadonlySet<ErrorCode> = new Set(['ITEM_INVALID', 'ITEM_TOO_LARGE', 'CONTROL_BODY_INVALID'])

/** Counts what a failed publish was: not understood, or refused because the bus was down. */
export function countFailure(counts: IngressCounts, error: unknown): void {
  const code = error instanceof HoldfastError ? error.code : undefined
  if (code === 'BUS_UNAVAILABLE') counts.unavailable++
  else if (code !== undefined && UNUSABLE.has(code)) counts.invalid++
}
