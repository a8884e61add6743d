/** A listening socket that another process has opened and left to this one. */
export type GivenSocket = { readonly fd: number } & (
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
)

const ANY_HOSTS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** The listening sockets that a process was given, each to be taken once. */
export class GivenSockets {
  readonly #sockets: Set<GivenSocket>

  constructor(sockets: readonly GivenSocket[] = []) {
    this.#sockets = new Set(sockets)
  }

  /** Those that nobody has taken. */
  get rest(): readonly GivenSocket[] {
    return [...this.#sockets]
  }

  /** Takes the socket that listens at an address, and answers its descriptor; undefined when there is none. */
  takePort({ host, port }: { readonly host: string; readonly port: number }): number | undefined {
    return this.#take((socket) => 'port' in socket && socket.port === port && isSameHost(socket.host, host))
  }

  /** Takes the unix socket at a path. */
  takePath(path: string): number | undefined {
    return this.#take((socket) => 'path' in socket && socket.path === path)
  }

  #take(isWanted: (socket: GivenSocket) => boolean): number | undefined {
    const found = this.rest.find(isWanted)
    if (found !== undefined) this.#sockets.delete(found)
    return found?.fd
  }
}

/** All addresses are the same ones in both versions of IP: `ListenStream=7999` of systemd is `[::]:7999`, and takes IPv4 as well. */
function isSameHost(given: string, configured: string): boolean {
  if (ANY_HOSTS.has(given) && ANY_HOSTS.has(configured)) return true
  if (configured === 'localhost') return given === '127.0.0.1' || given === '::1'
  return given === configured
}

/** Answers the descriptor on which a server of Node listens; undefined while it does not. */
export function listeningFd(server: object): number | undefined {
  const { _handle: handle } = server as { _handle?: { readonly fd?: number } | null }
  const fd = handle?.fd
  return fd !== undefined && fd >= 0 ? fd : undefined
}
