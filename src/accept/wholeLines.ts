import { createReadStream } from 'node:fs'

/**
 * Reads a Latin-1 text file part by part, each of whole lines. The system's tables grow with all connections of the machine (15 MB for
 * a hundred thousand): taken in at once, they would hold up every client.
 *
 * @throws as `node:fs` does, where the file is not there.
 */
export async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const part of createReadStream(path, 'latin1')) {
    const text: string = rest + part
    const end = text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    yield text.slice(0, end)
  }
  if (rest !== '') yield rest
}
