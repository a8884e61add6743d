import type { Instruct } from '../grip/instruct.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/**
 * Says why a stream must not be held as instructions say; undefined when it may. A stream that is to follow a chain of items
 * needs a way to get those that it missed. GRIP: prev-id, rel=next.
 */
export function chainFault(
  { hasHistory }: Pick<ProxyEnvironment, 'hasHistory'>,
  { channels, nextLink }: Instruct,
): string | undefined {
  if (hasHistory || nextLink !== undefined) return undefined
  const followed = channels.find(({ prevId }) => prevId !== undefined)
  return followed && `channel '${followed.name}' specifies prev-id, but no next link found`
}
