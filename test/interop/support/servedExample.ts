import { fileURLToPath } from 'node:url'
import { TestProcess } from '../../support/process.ts'
import { eventually } from '../../support/waiting.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
const START_LIMIT_MS = 30_000

/** An example that stays, as its README tells to start it, but for its ports. */
export interface ServedExample {
  /** The addresses that it says to use, in their order; the first is the page's. */
  readonly urls: readonly [string, ...string[]]
  stop(): Promise<void>
}

/** Starts the example in the folder `name`, and waits until it says where its page is. */
export async function serveExample(name: string): Promise<ServedExample> {
  const args = [`${EXAMPLES}${name}/run.mjs`, '--serve', '--free-ports']
  const server = new TestProcess(process.execPath, args, { cwd: EXAMPLES })
  const stop = async () => {
    await server.stop()
  }
  const urlsSaid = () => server.output.match(/^Open .*$/m)?.[0].match(/http:\S+[^\s;.,]/g)
  try {
    await eventually(`${name} says where it is`, () => urlsSaid() != null, START_LIMIT_MS)
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}\n${server.output}`)
  }
  return { urls: urlsSaid() as [string, ...string[]], stop }
}
