/** What programs that run holdfast inside themselves import; see docs/embedding.md. */
export type { Config } from './config/config.ts'
export { type ConfigInput, type LoadedConfig, loadConfig } from './config/loadConfig.ts'
export type { ProgramSettings } from './config/programSettings.ts'
export type { PublishOutcome } from './edges/bus.ts'
export type { Log, LogFields } from './edges/log.ts'
export { type ErrorCode, HoldfastError } from './errors.ts'
export { createLog, type LogOptions, type ProcessLog } from './observe/pinoLog.ts'
export type { FetchFunction } from './origin/fetchOrigin.ts'
export type { InProcessSocket, InProcessSocketEvents, SocketFunction } from './origin/inProcessSocket.ts'
export { createServer, type HoldfastServer } from './server/embedded/embeddedServer.ts'
export type { PinoLike } from './server/embedded/logOf.ts'
export type { FormatsInput, ItemInput, ItemOptions } from './server/embedded/publishInput.ts'
export type { OriginInput, RouteInput } from './server/embedded/routeInput.ts'
export type {
  ConnectionEvent,
  PublishEvent,
  ServerEvents,
  SubscriptionEvent,
  WarningEvent,
} from './server/embedded/serverEvents.ts'
export type { CreateServerOptions, ListenPlace } from './server/embedded/serverSettings.ts'
export { type RunningServer, type ServerOptions, startServer } from './server.ts'
