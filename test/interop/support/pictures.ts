import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { encodeWithPalette } from './palettePng.ts'

const images = fileURLToPath(new URL('../../../docs/images/', import.meta.url))

/** What a picture may weigh: everybody who clones the repository gets all of them. */
const MAX_BYTES = 80 * 1024

/** Whether the pictures of the documentation are to be taken anew. */
export const PICTURES_WANTED = process.env['DOC_IMAGES'] !== undefined

/** Writes a picture for the documentation, where pictures are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!PICTURES_WANTED) return
  const png = encodeWithPalette(await page.screenshot())
  if (png.length > MAX_BYTES) throw new Error(`${name}.png has ${png.length} bytes, more than ${MAX_BYTES}`)
  mkdirSync(images, { recursive: true })
  writeFileSync(`${images}${name}.png`, png)
}
