import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { optionsOf, SECTION_NAMES } from '../../src/config/options/sections.ts'
import { parseRoutes } from '../../src/route/parseRoutes.ts'

interface Port {
  readonly name?: string
  readonly containerPort?: number
  readonly targetPort?: string
}

interface Container {
  readonly ports: readonly Port[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly livenessProbe: { readonly httpGet: { readonly port: string } }
  readonly readinessProbe: { readonly httpGet: { readonly port: string } }
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly containers: readonly [Container]
      }
    }
  }
}

interface Service {
  readonly spec: { readonly selector: object; readonly ports: readonly Port[] }
}

const page = readFileSync(new URL('../../docs/how-to.md', import.meta.url), 'utf8')
const [, manifest] = /```yaml\n([\s\S]*?)```/.exec(page)!
const documents = parseAllDocuments(manifest!).map((document) => document.toJS())
const [deployment, ...services] = documents as [Deployment, ...Service[]]
const { metadata, spec } = deployment.spec.template
const [container] = spec.containers
const value = (name: string) => container.env.find((variable) => variable.name === name)?.value

describe('the manifest of docs/how-to.md', () => {
  it('sets only variables that holdfast knows', () => {
    const known = SECTION_NAMES.flatMap((section) => optionsOf(section).map(({ env }) => env))
    for (const { name } of container.env) expect([...known, 'HOLDFAST_ROUTES']).toContain(name)
  })

  it('has a route without a fault', () => {
    expect(parseRoutes(value('HOLDFAST_ROUTES')!).problems).toEqual([])
  })

  it('leads services and probes to ports that there are', () => {
    const names = container.ports.map(({ name }) => name)
    expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([7999, 5561])
    for (const { spec: service } of services) {
      expect(service.selector).toEqual(metadata.labels)
      for (const { targetPort } of service.ports) expect(names).toContain(targetPort)
    }
    for (const probe of [container.livenessProbe, container.readinessProbe])
      expect(names).toContain(probe.httpGet.port)
    expect(deployment.spec.selector.matchLabels).toEqual(metadata.labels)
  })

  it('gives the drain its time', () => {
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(value('HOLDFAST_DRAIN_TIMEOUT')) + 5)
  })
})
