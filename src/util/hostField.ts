/** What a target says of the Host that it is asked with. */
interface HostChoice {
  readonly tls: boolean
  /** Stands in place of the request's authority. */
  readonly hostOverride?: string | undefined
}

/** An authority with the port that its scheme has anyway; IPv6 addresses stand in brackets. */
const DEFAULT_PORT = { http: /^([^:]+|\[[^\]]*\]):80$/, https: /^([^:]+|\[[^\]]*\]):443$/ }

/**
 * Returns the Host that a target gets: in lower case, and without the port that the target's scheme has by default, as Pushpin sends it;
 * RFC 9110 §4.2.3 has both spellings mean the same.
 */
export function hostField(target: HostChoice, authority: string): string {
  const host = (target.hostOverride ?? authority).toLowerCase()
  return DEFAULT_PORT[target.tls ? 'https' : 'http'].exec(host)?.[1] ?? host
}
