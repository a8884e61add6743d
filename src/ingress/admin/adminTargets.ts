import type { HoldDirectory } from '../../edges/directory.ts'
import type { MatchQuery } from './adminQuery.ts'

/** What must be so for clients to be sent here; false is what fails. */
export interface Readiness {
  /** All ports for clients are open. */
  readonly listening: boolean
  /** Published items can be taken. */
  readonly bus: boolean
  /** The server is not stopping. */
  readonly accepting: boolean
}

/** A text with the media type that it is to be sent with. */
export interface TypedText {
  readonly type: string
  readonly text: string
}

/** What the admin API tells of routes, as plain data. */
export interface RouteTargets {
  /** All of them, in their order. */
  list(): Promise<readonly unknown[]>
  /** Which of them would take a request. Rejects with ADMIN_REQUEST_INVALID where that cannot be one. */
  match(query: MatchQuery): Promise<unknown>
}

/** What has gone wrong on all nodes. */
export interface NodeErrors {
  /** The last warnings and errors of the logs, the newest first. */
  readonly errors: readonly unknown[]
  /** Names of nodes that do not answer. */
  readonly missing?: readonly string[] | undefined
}

/** What the admin API looks at and steers. */
export interface AdminTargets {
  readonly directory: HoldDirectory
  readonly readiness: () => Readiness
  /** Plain data about all that this node does. */
  readonly status: () => Promise<unknown>
  /** The same of each node, with those that do not answer. */
  readonly nodes: () => Promise<readonly unknown[]>
  readonly errors: () => Promise<NodeErrors>
  /** The metrics in Prometheus' text form. */
  readonly metrics: () => Promise<TypedText>
  readonly routes: RouteTargets
  /** Reads the routes anew. */
  readonly reload: () => void
}
