import { type Fault, parseTemplate, type Template } from './template.ts'

const PERCENT = 0x25

/** An item's content is one Buffer for all of its holds: it is parsed for the first. */
const parsed = new WeakMap<Buffer, Template | Fault>()

/** Parses the content of an item as a template; undefined when there is nothing to replace. */
export function contentTemplate(content: Buffer): Template | Fault | undefined {
  const known = parsed.get(content)
  if (known !== undefined || !content.includes(PERCENT)) return known
  const template = parseTemplate(content.toString('latin1'))
  parsed.set(content, template)
  return template
}
