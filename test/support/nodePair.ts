import type { ConfSections } from './confFile.ts'
import { NatsServer } from './natsServer.ts'
import type { Running, StartOptions } from './targetTypes.ts'
import { eventually } from './waiting.ts'

/** Settings of the control port's section that belong to the node of the clients: what it tells of them, and who asks it for channels. */
const CLIENT_KEYS = ['stats_spec', 'prometheus_port', 'push_in_sub_specs', 'push_in_sub_connect']
/** Settings that only one node of a machine can have: those by which items and commands come in. */
const PUBLISHER_KEYS = ['push_in_spec', 'command_spec']
/** Ports beside the one that each node has. */
const PORT_KEYS = ['https_port', 'local_ports']

/**
 * Starts two nodes, joined by a NATS server of their own, as one server: clients connect to the first, and publishers and
 * operators to the second. SIGHUP is for both, and every other signal for the one that has the clients.
 */
export async function startNodePair(
  options: StartOptions,
  start: (options: StartOptions) => Promise<Running>,
): Promise<Running> {
  const nats = await NatsServer.start()
  const started: Running[] = []
  const stop = async (): Promise<void> => {
    for (const node of started) await node.stop()
    await nats.stop()
  }
  try {
    for (const conf of pairConf(options.conf ?? {}, nats.address))
      started.push(await start({ ...options, conf }))
    await untilJoined(started)
  } catch (error) {
    await stop()
    throw error
  }
  const [clients, publishers] = started as [Running, Running]
  return {
    ...clients,
    controlPort: publishers.controlPort,
    logs: () => clients.logs() + publishers.logs(),
    writeRoutes: (lines) => {
      for (const node of started) node.writeRoutes(lines)
    },
    setRoutes: async (lines) => {
      await Promise.all(started.map((node) => node.setRoutes(lines)))
    },
    signal: (signal) => {
      for (const node of signal === 'SIGHUP' ? started : [clients]) node.signal(signal)
    },
    stop,
  }
}

/** Waits until each node knows of all others. */
export async function untilJoined(nodes: readonly Running[]): Promise<void> {
  for (const node of nodes) {
    await eventually('the nodes know each other', () => {
      const found = node.logs().match(/node \w+ is there/g) ?? []
      return found.length >= nodes.length - 1
    })
  }
}

function pairConf(conf: ConfSections, natsAddress: string): [ConfSections, ConfSections] {
  const { handler = {}, runner = {} } = conf
  const both = { ...conf, cluster: { nats_servers: natsAddress } }
  return [
    { ...both, handler: without(handler, PUBLISHER_KEYS) },
    { ...both, handler: without(handler, CLIENT_KEYS), runner: without(runner, PORT_KEYS) },
  ]
}

function without<T>(values: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)))
}
