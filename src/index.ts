/** What programs that run holdfast inside themselves import; see the README. */
export type { Config } from './config/config.ts'
export { type ConfigInput, type LoadedConfig, loadConfig } from './config/loadConfig.ts'
export type { Log, LogFields } from './edges.ts'
export { type ErrorCode, HoldfastError } from './errors.ts'
export { createLog, type LogOptions, type ProcessLog } from './observe/pinoLog.ts'
export { type RunningServer, type ServerOptions, startServer } from './server.ts'
