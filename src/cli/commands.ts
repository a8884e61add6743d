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
    name: 'publish',
    usage: 'publish CHANNEL [CONTENT]',
    about: 'Publish to a running server, with the flags of pushpin-publish.',
    run: async (argv) => (await import('./publish.ts')).publish(argv),
  },
]

/** Finds a command by its name. */
export function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name)
}
