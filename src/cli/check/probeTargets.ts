import type { Route } from '../../route/route.ts'
import { type HttpTarget, type Target, targetName } from '../../route/target.ts'
import { probeTarget } from './probeTarget.ts'

/** What came of a look at a target. */
export interface Probe {
  readonly name: string
  /** Why it cannot be reached; undefined when it can. */
  readonly fault: string | undefined
}

/** Connections that are tried at one time: a routes file may have thousands of targets. */
const MAX_AT_ONCE = 16

interface Candidate {
  readonly name: string
  readonly target: HttpTarget
  /** The name that its certificate must have. */
  readonly certificateName: string
}

/** Connects to each target of the routes once, and hangs up. Those inside this process are left out. */
export async function probeTargets(routes: readonly Route[]): Promise<readonly Probe[]> {
  const candidates = new Map<string, Candidate>()
  for (const route of routes) {
    for (const target of route.targets) {
      const candidate = candidateOf(route, target)
      if (candidate !== undefined) candidates.set(candidate.name, candidate)
    }
  }
  const waiting = [...candidates.values()]
  const probes: Probe[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      probes.push({ name: next.name, fault: await probeTarget(next.target, next.certificateName) })
    }
  }
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, work))
  const order = [...candidates.keys()]
  return probes.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
}

function candidateOf(route: Route, target: Target): Candidate | undefined {
  if (target.kind !== 'http') return undefined
  const name = target.untrusted ? `${targetName(target)} (untrusted)` : targetName(target)
  if (!target.tls) return { name, target, certificateName: '' }
  const certificateName = nameOnCertificate(route, target)
  return { name: `${name} by TLS as ${certificateName}`, target, certificateName }
}

/** The name by which clients ask, unless the route says otherwise; a route for many hosts leaves only the target's own. */
function nameOnCertificate(route: Route, target: HttpTarget): string {
  const fromRoute =
    target.hostOverride ?? route.asHost ?? (/[*]|^$/.test(route.domain) ? undefined : route.domain)
  if (target.trustConnectHost || fromRoute === undefined) return target.host ?? 'localhost'
  return fromRoute.replace(/:\d+$/, '')
}
