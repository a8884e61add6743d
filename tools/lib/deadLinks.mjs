/** Finds links of Markdown files to files that are not there. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `[text](target)`, and what a title may add. */
const LINK = /\[[^\]]*\]\(([^)\s]+)[^)]*\)/g
const CODE = /^ *(```|~~~).*?^ *\1|`[^`\n]*`/gms

/** Answers a sentence for each relative link that leads nowhere; `files` are paths below `root`. */
export function findDeadLinks(root, files) {
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8').replace(CODE, '')
    return [...text.matchAll(LINK)]
      .map(([, target]) => target)
      .filter((target) => isRelative(target) && !existsSync(join(root, dirname(file), pathOf(target))))
      .map((target) => `${file}: there is no ${target}`)
  })
}

function isRelative(target) {
  return !/^([a-z][a-z0-9+.-]*:|#|\/\/)/i.test(target)
}

function pathOf(target) {
  return decodeURIComponent(target.split('#', 1)[0])
}
