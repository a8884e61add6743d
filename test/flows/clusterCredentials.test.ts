import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { confText } from '../support/confFile.ts'
import { itNeedsNats, NatsServer } from '../support/natsServer.ts'
import { runHoldfast } from '../support/runHoldfast.ts'
import { holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itStarts = holdfastOnly(it, 'Pushpin has no cluster')
const itJoins = itNeedsNats(itStarts)

describe('a node whose credentials the NATS servers refuse', () => {
  itJoins('starts, is not ready, and says which setting to look at', async () => {
    const nats = await NatsServer.start(['--user', 'node', '--pass', 'secret'])
    const cluster = { nats_servers: nats.address, nats_user: 'node', nats_password: 'wrong-secret' }
    const server = await startTarget({ routes: ['* test'], conf: { cluster } })
    const text = 'cannot connect to NATS: nats_user and nats_password: the server refuses them'
    await eventually('the log says why', () => server.logs().includes(text))
    const admin = new AdminClient(server)
    const answer = await admin.request('GET', '/readyz')
    expect(answer.status).toBe(503)
    expect(answer.text).toContain('"failed":["bus"]')
    expect((await admin.request('GET', '/errors')).text).toContain(text)
    expect(server.logs()).not.toContain('wrong-secret')
    await server.stop()
    await nats.stop()
  })
})

describe('a node whose file of credentials cannot be used', () => {
  itStarts('does not start, and names the setting', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'credentials-'))
    const conf = join(directory, 'holdfast.conf')
    const cluster = { nats_servers: 'nats://127.0.0.1:4222', nats_creds: '/nowhere/node.creds' }
    writeFileSync(conf, confText({ runner: { http_port: '127.0.0.1:0' }, cluster }))
    const { code, stderr } = await runHoldfast([`--config=${conf}`])
    expect(stderr).toContain("nats_creds: ENOENT: no such file or directory, open '/nowhere/node.creds'")
    expect(code).toBe(1)
    rmSync(directory, { recursive: true })
  })
})
