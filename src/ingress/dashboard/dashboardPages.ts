import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { type ControlAnswer, textAnswer, typedAnswer } from '../controlAnswer.ts'

/** Where the page's files are, in the sources as in the package. */
const ASSETS = new URL('../../../assets/dashboard/', import.meta.url)

/** What the page takes from packages, as it is published: its name at the page, and in the package. */
const PACKAGE_FILES: readonly (readonly [name: string, specifier: string])[] = [
  ['uPlot.js', 'uplot/dist/uPlot.esm.js'],
  ['uPlot.css', 'uplot/dist/uPlot.min.css'],
]

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** The page's own files and nothing else; it can be put into no frame, and leads nowhere. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'"

const PAGE_HEADERS = [
  ...['Content-Security-Policy', PAGE_POLICY, 'Cache-Control', 'no-cache', 'Referrer-Policy', 'no-referrer'],
  ...['X-Content-Type-Options', 'nosniff'],
]

/** Reads the files of the dashboard; answers them by their target on the control port. */
export function readDashboardPages(): ReadonlyMap<string, ControlAnswer> {
  const pages = new Map<string, ControlAnswer>()
  for (const name of readdirSync(ASSETS)) {
    pages.set(`/dashboard/${name}`, pageAnswer(name, new URL(name, ASSETS)))
  }
  const require = createRequire(import.meta.url)
  for (const [name, specifier] of PACKAGE_FILES) {
    pages.set(`/dashboard/${name}`, pageAnswer(name, require.resolve(specifier)))
  }
  pages.set('/dashboard/', pages.get('/dashboard/index.html') as ControlAnswer)
  pages.set('/dashboard', textAnswer(308, 'The dashboard is at /dashboard/.', ['Location', '/dashboard/']))
  return pages
}

function pageAnswer(name: string, place: string | URL): ControlAnswer {
  const type = MEDIA_TYPES[extname(name)] ?? 'application/octet-stream'
  return typedAnswer(200, { type, body: readFileSync(place, 'utf8'), moreHeaders: PAGE_HEADERS })
}
