import { HoldfastError } from '../errors.ts'

/** Makes the error of a route that is not usable; where Pushpin logs a text for the fault, `message` starts with it. */
export function routeError(message: string): HoldfastError {
  return new HoldfastError('ROUTE_INVALID', message)
}
