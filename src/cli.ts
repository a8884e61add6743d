import { findCommand } from './cli/commands.ts'
import { serve } from './cli/serve.ts'

/**
 * Runs the program with the arguments that follow its name: the command that the first one names, else the server. Sets the
 * exit code, or ends the process on a signal.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const command = findCommand(argv[0])
  if (command === undefined) await serve(argv)
  else process.exitCode = await command.run(argv.slice(1))
}
