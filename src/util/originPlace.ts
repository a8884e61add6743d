/** Where an origin listens: at a TCP port, or at a unix socket of this machine. */
export type OriginPlace = TcpPlace | UnixPlace

interface TcpPlace {
  /** Host name or IP address, without brackets. */
  readonly host: string
  readonly port: number
  readonly socketPath?: undefined
}

interface UnixPlace {
  /** The socket's file. */
  readonly socketPath: string
  readonly host?: undefined
  readonly port?: undefined
}

/** Names a place as logs and error texts do: `localhost:80`, `[::1]:80`, `unix:/run/app.sock`. */
export function originPlaceName(place: OriginPlace): string {
  if (place.socketPath !== undefined) return `unix:${place.socketPath}`
  return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`
}

/** Returns what `node:net` and `node:tls` connect to. */
export function connectPlace(place: OriginPlace): { path: string } | { host: string; port: number } {
  return place.socketPath === undefined ? { host: place.host, port: place.port } : { path: place.socketPath }
}
