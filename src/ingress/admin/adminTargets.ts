import type { HoldDirectory } from '../../edges.ts'

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

/** What the admin API looks at and steers. */
export interface AdminTargets {
  readonly directory: HoldDirectory
  readonly readiness: () => Readiness
  /** Plain data about all that the server does. */
  readonly status: () => Promise<unknown>
  /** The last warnings and errors of the log, the newest first. */
  readonly errors: () => Promise<readonly unknown[]>
  /** The metrics in Prometheus' text form. */
  readonly metrics: () => Promise<TypedText>
  /** Reads the routes anew. */
  readonly reload: () => void
}
