import type { Route } from '../route/route.ts'

/** Where a held client came from: what is left of its request while it is held. */
export interface HeldRequest {
  readonly route: Route
  readonly secure: boolean
  readonly authority: string
  readonly target: string
}

/** The URL that the client asked for, which links are relative to. */
export function clientUrl(held: HeldRequest): URL {
  return new URL(held.target, `${held.secure ? 'https' : 'http'}://${held.authority}`)
}
