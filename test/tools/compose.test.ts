import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { optionsOf, SECTION_NAMES } from '../../src/config/options/sections.ts'

interface ComposeService {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const dockerfile = read('Dockerfile')

describe('docker-compose.yml', () => {
  it.each(services)(
    '%s is an image or is built from the Dockerfile, after services that are there',
    (_name, service) => {
      expect([service.image, service.build].filter((source) => source !== undefined)).toHaveLength(1)
      expect(service.build ?? '.').toBe('.')
      for (const name of service.depends_on ?? []) expect(compose.services).toHaveProperty(name)
    },
  )

  it.each(services)('%s mounts files of the project or volumes that are declared', (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0] ?? ''
      if (source.startsWith('.')) expect(existsSync(new URL(source, root))).toBe(true)
      else expect(compose.volumes).toHaveProperty(source)
    }
  })

  it('runs an origin that is there, on the port that the nodes send requests to', () => {
    const { command, volumes } = compose.services['origin']!
    const [program, path, , port] = command!
    expect(program).toBe('node')
    const [from, to] = volumes![0]!.split(':')
    expect(existsSync(new URL(path!.replace(to!, from!), root))).toBe(true)
    expect(compose.services['node1']!.environment).toHaveProperty('HOLDFAST_ROUTES', `* origin:${port}`)
  })

  it('sets only variables that holdfast knows, and publishes the ports that nodes listen on, each once', () => {
    const known = SECTION_NAMES.flatMap((section) => optionsOf(section).map(({ env }) => env))
    const nodes = services.filter(([, { build }]) => build !== undefined)
    expect(nodes).toHaveLength(3)
    for (const [, { environment, ports }] of nodes) {
      for (const name of Object.keys(environment!)) expect([...known, 'HOLDFAST_ROUTES']).toContain(name)
      const inside = ports!.map((port) => port.split(':').at(-1))
      expect(inside).toEqual([environment!['HOLDFAST_PORT'], environment!['HOLDFAST_CONTROL_PORT']])
      for (const port of inside) expect(dockerfile).toMatch(new RegExp(`^EXPOSE .*\\b${port}\\b`, 'm'))
    }
    const outside = nodes.flatMap(([, { ports }]) => ports!.map((port) => port.split(':')[1]))
    expect(new Set(outside).size).toBe(6)
  })
})

describe('Dockerfile', () => {
  it('copies what is there', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
      paths!.split(' '),
    )
    expect(copied.length).toBeGreaterThan(5)
    for (const path of copied) expect(existsSync(new URL(path, root)), path).toBe(true)
  })

  it('runs as another user than root, and has a health check', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
    expect(last).toMatch(/^USER (?!root)\w+$/m)
    expect(last).toMatch(/^HEALTHCHECK /m)
  })
})
