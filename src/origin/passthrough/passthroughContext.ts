import type Server from 'http-proxy'
import type { Log } from '../../edges/log.ts'
import type { TargetAgents } from './targetAgents.ts'

/** What all requests share. */
export interface PassthroughContext {
  readonly proxy: Server
  readonly agents: TargetAgents
  readonly originTimeoutMs: number
  readonly log: Log
}
