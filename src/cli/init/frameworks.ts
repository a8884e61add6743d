/** What an origin can be written for. */
export interface Framework {
  /** Also the name of its flag. */
  readonly name: string
  readonly title: string
  readonly dependencies: Readonly<Record<string, string>>
}

const NODE: Framework = { name: 'node', title: 'plain Node, which is the default', dependencies: {} }

const EXPRESS: Framework = { name: 'express', title: 'Express', dependencies: { express: '^5.1.0' } }

const HONO: Framework = {
  name: 'hono',
  title: 'Hono',
  dependencies: { hono: '^4.0.0', '@hono/node-server': '^2.0.0' },
}

/** All of them; the first is the default. */
export const FRAMEWORKS = [NODE, EXPRESS, HONO] as const satisfies readonly Framework[]
