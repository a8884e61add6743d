import { type Browser, chromium } from 'playwright-core'

/**
 * Starts Chromium without a window, without a sandbox (CI runs as root) and without anything that would look for the
 * internet. Each start has a profile of its own.
 */
export function startBrowser(executablePath: string): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return chromium.launch({ executablePath, headless: true, args })
}
