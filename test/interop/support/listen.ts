import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An application that listens, as an origin does. */
export interface Listening {
  readonly port: number
  stop(): Promise<void>
}

/** Serves an application (a plain listener, or Express's) on a free port of this machine. */
export async function listen(application: RequestListener): Promise<Listening> {
  const server = createServer(application)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
