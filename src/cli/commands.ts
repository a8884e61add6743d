/** A command of the program other than the server. */
export interface Command {
  readonly name: string
  /** Its call, without the program's name. */
  readonly usage: string
  readonly about: string
  /** Runs it with the arguments that follow its name; answers the exit code. */
  run(argv: readonly string[]): Promise<number>
}

/** Every command, in the order of the help. Each is loaded when it is called: the server needs none of them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'init',
    usage: 'init [DIR]',
    about: 'Write a configuration, routes and a small origin to begin with.',
    run: async (argv) => (await import('./init.ts')).init(argv),
  },
  {
    name: 'publish',
    usage: 'publish CHANNEL [CONTENT]',
    about: 'Publish to a running server, with the flags of pushpin-publish.',
    run: async (argv) => (await import('./publish.ts')).publish(argv),
  },
  {
    name: 'check',
    usage: 'check',
    about: 'Check configuration and routes, say what each route does, and connect to each target.',
    run: async (argv) => (await import('./check.ts')).check(argv),
  },
  {
    name: 'route',
    usage: 'route URL',
    about: 'Say which route and target a request would take, and why none of the others.',
    run: async (argv) => (await import('./route.ts')).route(argv),
  },
]

/** Finds a command by its name. */
export function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name)
}
