import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Locator, Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** A window with the dashboard; `faults` are what the browser complains of. */
export interface DashboardWindow {
  readonly page: Page
  readonly faults: readonly string[]
  /** Goes to a panel by its link, and answers it. */
  turnTo(title: string): Promise<ReturnType<Page['getByRole']>>
}

export interface WindowOptions {
  readonly dark?: boolean
  readonly width?: number
}

/** The browser says of any failed call that it has; tests look at what the page makes of it. */
const REFUSED = /^Failed to load resource: the server responded/

/** Opens the dashboard of a control port in a window of its own. */
export async function openDashboard(
  browser: Browser,
  controlPort: number,
  { dark = false, width = 1280 }: WindowOptions = {},
): Promise<DashboardWindow> {
  const page = await browser.newPage({
    viewport: { width, height: 860 },
    colorScheme: dark ? 'dark' : 'light',
  })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) faults.push(message.text())
  })
  await page.goto(`http://127.0.0.1:${controlPort}/dashboard/`)
  const turnTo = async (title: string) => {
    await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click()
    const panel = page.getByRole('region', { name: title, exact: true })
    await panel.waitFor()
    return panel
  }
  return { page, faults, turnTo }
}

/** Answers what axe-core finds on a page that is serious or critical: the rule, and where. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(readAxe())
  const found: any = await page.evaluate('axe.run()')
  return found.violations
    .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`)
}

let axeSource: string | undefined

function readAxe(): string {
  axeSource ??= readFileSync(axePath, 'utf8')
  return axeSource
}

/** Types a search into a panel with a table, and waits until it is answered: that is a moment later, and starts from the first page. */
export async function searchFor(panel: Locator, text: string): Promise<void> {
  const answered = panel.page().waitForResponse((response) => response.url().includes(`search=${text}`))
  await panel.getByLabel('Search').fill(text)
  await answered
}
