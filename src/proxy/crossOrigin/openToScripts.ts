import type { ClientRequest, ClientResponse } from '../../edges/client.ts'
import type { Route } from '../../route/route.ts'
import type { ErrorAnswer } from '../errorAnswer.ts'
import { CorsResponse } from './corsResponse.ts'
import { parseJsonp, plainRequest } from './jsonpRequest.ts'
import { ScriptedResponse } from './scriptedResponse.ts'

/** A request and its answer as the rest of the proxy sees them. */
export interface OpenExchange {
  readonly request: ClientRequest
  readonly response: ClientResponse
  /** Set when the request is one that cannot be understood. */
  readonly fault: ErrorAnswer | undefined
}

/** Opens a route's answers to scripts of other sites: by a script element (JSON-P), or else by CORS. Pushpin: `aco`. */
export function openToScripts(route: Route, request: ClientRequest, response: ClientResponse): OpenExchange {
  const jsonp = parseJsonp(route.jsonp, request)
  if (jsonp?.kind === 'jsonp') {
    const scripted = new ScriptedResponse(response, { jsonp, headers: request.headers })
    return { request: plainRequest(request, jsonp), response: scripted, fault: undefined }
  }
  const open = new CorsResponse(response, request.headers)
  return { request, response: open, fault: jsonp?.answer }
}
