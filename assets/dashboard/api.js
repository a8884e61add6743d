import { readEvents } from './events.js'

const STORED_KEY = 'holdfast-key'

/** What goes into Authorization; kept for as long as the window is open. */
let credentials = sessionStorage.getItem(STORED_KEY) ?? ''

/** An answer that is not a success. */
export class CallError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** Tells whether a key was given. */
export function hasKey() {
  return credentials !== ''
}

/** Tries a key, a token or `user:password`; resolves to whether it may see the dashboard. */
export async function tryKey(text) {
  const forms = text.includes(':') ? [`Bearer ${text}`, `Basic ${toBase64(text)}`] : [`Bearer ${text}`]
  for (const form of forms) {
    credentials = form
    if (await isAllowed()) {
      sessionStorage.setItem(STORED_KEY, form)
      return true
    }
  }
  forgetKey()
  return false
}

export function forgetKey() {
  credentials = ''
  sessionStorage.removeItem(STORED_KEY)
}

/** Asks whether the key, or none, is enough. */
export async function isAllowed() {
  const { status } = await send('GET', '/status')
  return status !== 401 && status !== 403
}

/** Gets JSON. Throws CallError. */
export async function get(path) {
  return readJson(await send('GET', path))
}

/** Sends JSON, and answers the answer's. Throws CallError. */
export async function post(path, body) {
  return readJson(await send('POST', path, { body: JSON.stringify(body) }))
}

/** Deletes, and answers the answer's JSON. Throws CallError. */
export async function remove(path) {
  return readJson(await send('DELETE', path))
}

/** Reads events until they end or `signal` says so; `options` as for fetch. Throws CallError. */
export async function follow(path, { onEvent, ...options }) {
  const response = await send(options.method ?? 'GET', path, options)
  if (!response.ok) throw await faultOf(response)
  await readEvents(response.body, onEvent)
}

/** EventSource cannot show a key, and a browser's own question for a password would stand in front of the page's. */
function send(method, path, options = {}) {
  const headers = { Accept: 'application/json' }
  if (credentials !== '') headers.Authorization = credentials
  return fetch(path, { ...options, method, headers, credentials: 'omit', cache: 'no-store' })
}

async function readJson(response) {
  if (!response.ok) throw await faultOf(response)
  return response.json()
}

async function faultOf(response) {
  const text = (await response.text()).trim()
  return new CallError(response.status, errorIn(text) ?? text)
}

function errorIn(text) {
  try {
    return JSON.parse(text).error
  } catch {
    return undefined
  }
}

function toBase64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
