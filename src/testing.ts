/** What tests of programs that use holdfast import as `holdfast/testing`; see docs/embedding.md. */

export type { HoldOptions } from './testing/testOrigin.ts'
export { TestOrigin } from './testing/testOrigin.ts'
export {
  type ClientOptions,
  startTestServer,
  type TestAnswer,
  type TestPoll,
  type TestServer,
  type TestServerOptions,
} from './testing/testServer.ts'
export type { TestSocket } from './testing/testSocket.ts'
export type { StreamEvent, TestStream } from './testing/testStream.ts'
