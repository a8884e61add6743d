import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { NatsOptions } from '../../../src/cluster/nats/natsOptions.ts'
import { streamItem } from '../../support/items.ts'
import { describeNats, NatsServer } from '../../support/natsServer.ts'
import { uniqueName } from '../../support/origin.ts'
import { eventually } from '../../support/waiting.ts'
import { SecretFiles } from './secretFiles.ts'
import { startNodes, TestNode } from './testNode.ts'

type Shown = Partial<NatsOptions>

/** A kind of credentials: what the server is told, what lets a node in, and what does not, with what the log says then. */
interface Case {
  readonly serverArgs: readonly string[]
  readonly right: Shown
  readonly wrong: Readonly<Record<string, readonly [Shown, RegExp]>>
}

const files = new SecretFiles()
const tls = (shown: Shown): Shown => ({ tlsCaFile: files.tlsCaFile, ...shown })

const CASES: Readonly<Record<string, Case>> = {
  'a user and password': {
    serverArgs: ['--user', 'node', '--pass', 'secret'],
    right: { user: 'node', password: 'secret' },
    wrong: {
      'with another password': [
        { user: 'node', password: 'x' },
        /nats_user and nats_password: the server refuses them: /,
      ],
      'with a token': [{ token: 'secret' }, /nats_token: the server refuses it: /],
      'with nothing': [
        {},
        /the server asks for nats_user and nats_password, nats_token, nats_creds or nats_nkey: /,
      ],
    },
  },
  'a token': {
    serverArgs: ['--auth', 'secret'],
    right: { token: 'secret' },
    wrong: { 'with another token': [{ token: 'x' }, /nats_token: the server refuses it: /] },
  },
  'an NKey': {
    serverArgs: ['-c', files.nkeyConf()],
    right: { nkeyFile: files.seed(files.user) },
    wrong: {
      'with the NKey of a stranger': [
        { nkeyFile: files.seed(files.stranger) },
        /nats_nkey: the server refuses it: /,
      ],
    },
  },
  'a file of credentials': {
    serverArgs: ['-c', files.operatorConf()],
    right: { credsFile: files.creds(files.user) },
    wrong: {
      'with credentials of another account': [
        { credsFile: new SecretFiles().creds(files.stranger) },
        /nats_creds: the server refuses them: /,
      ],
      'with credentials that have expired': [
        { credsFile: files.creds(files.stranger, 1) },
        /nats_creds: the server refuses them: /,
      ],
    },
  },
  TLS: {
    serverArgs: files.tlsArgs(),
    right: tls({}),
    wrong: {
      'without its authority': [
        { tlsCaFile: undefined },
        /nats_tls_ca is missing: nobody whom this machine trusts/,
      ],
      'with another authority': [
        { tlsCaFile: files.otherCaFile },
        /nats_tls_ca: it has not signed the server's certificate: /,
      ],
    },
  },
  'TLS and a certificate of its own': {
    serverArgs: files.mutualTlsArgs(),
    right: tls(files.clientPair),
    wrong: {
      'without certificate': [
        tls({}),
        /the server does not answer; it may ask for nats_tls_cert and nats_tls_key, which are/,
      ],
      'with the certificate of a stranger': [
        tls(files.otherPair),
        /the server does not answer; it may refuse nats_tls_cert/,
      ],
    },
  },
}

afterAll(() => files.remove())

for (const [name, { serverArgs, right, wrong }] of Object.entries(CASES)) {
  describeNats(`a NATS server that asks for ${name}`, () => {
    let server: NatsServer
    const nodes: TestNode[] = []

    beforeAll(async () => {
      server = await NatsServer.start(serverArgs)
    })

    afterEach(async () => {
      for (const node of nodes.splice(0)) await node.cluster.close()
    })

    afterAll(() => server.stop())

    it('joins nodes that show it', async () => {
      const started = await startNodes(server, { prefix: uniqueName('cluster'), count: 2, shown: right })
      nodes.push(...started)
      const [a, b] = started as [TestNode, TestNode]
      const hold = await b.hold('x')
      expect(await a.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 1 }])
      b.hub.flush()
      expect(hold.received).toEqual(['1'])
    })

    it.each(Object.entries(wrong))(
      'refuses a node %s, which says what to look at',
      async (_name, [shown, text]) => {
        const node = new TestNode(server, uniqueName('cluster'), { shown })
        nodes.push(node)
        await node.cluster.open()
        expect(node.cluster.bus.isUp).toBe(false)
        expect(node.log.lines).toEqual([
          expect.stringMatching(`error cannot connect to NATS: ${text.source}`),
        ])
      },
    )
  })
}

describeNats('credentials that become right', () => {
  it('are taken without a restart, from the file that has them', async () => {
    const server = await NatsServer.start(['-c', files.nkeyConf()])
    const nkeyFile = files.write('replaced.nk', readFileSync(files.seed(files.stranger), 'utf8'))
    const node = new TestNode(server, uniqueName('cluster'), { shown: { nkeyFile } })
    await node.cluster.open()
    expect(node.cluster.bus.isUp).toBe(false)
    writeFileSync(nkeyFile, readFileSync(files.seed(files.user)))
    await eventually('the node is connected', () => node.cluster.bus.isUp)
    await node.cluster.close()
    await server.stop()
  })
})

describeNats('a server that comes back with other credentials', () => {
  it('is told of in the log', async () => {
    const server = await NatsServer.start(['-c', files.nkeyConf()])
    const node = new TestNode(server, uniqueName('cluster'), { shown: { nkeyFile: files.seed(files.user) } })
    await node.cluster.open()
    expect(node.cluster.bus.isUp).toBe(true)
    await server.kill()
    files.write('nkey.conf', `authorization { users: [ { nkey: ${files.stranger.getPublicKey()} } ] }\n`)
    await server.restart()
    await eventually('the log says why', () =>
      node.log.lines.some((line) =>
        line.startsWith('error cannot connect to NATS: nats_nkey: the server refuses it: '),
      ),
    )
    expect(node.cluster.bus.isUp).toBe(false)
    await node.cluster.close()
    await server.stop()
  })
})
