import { HoldfastError } from '../../errors.ts'
import { connectTarget, targetOptions } from '../../origin/targetConnection.ts'
import type { HttpTarget } from '../../route/target.ts'

const TIMEOUT_MS = 3000

/** Connects to a target, by TLS where it says so, and hangs up. Answers why that failed; undefined when it did not. */
export async function probeTarget(target: HttpTarget, certificateName: string): Promise<string | undefined> {
  try {
    await connectOnce(target, certificateName)
    return undefined
  } catch (error) {
    return describe(error as Error)
  }
}

function connectOnce(target: HttpTarget, certificateName: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = targetOptions(target, certificateName)
    const socket = connectTarget(target, { options, originTimeoutMs: TIMEOUT_MS }, (error) => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    })
  })
}

/** A host with several addresses fails with one error for each, and says nothing itself. */
function describe(error: Error): string {
  if (error instanceof HoldfastError && error.code === 'ORIGIN_DENIED')
    return 'it is untrusted, and its address is private'
  return error instanceof AggregateError ? (error.errors[0] as Error).message : error.message
}
