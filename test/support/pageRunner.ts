import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TestProcess } from './process.ts'
import { eventually } from './waiting.ts'

/** More than holdfast's drain time, in which it tells origins that may be gone already of clients that left. */
const PATIENCE_MS = 15_000

/** One fenced block of a page: what it is to be, and its text. */
interface Block {
  readonly info: string
  readonly text: string
}

/**
 * Does what a page tells its readers to do, in order. What a block is for stands behind its language:
 *
 *     js file=PATH        is saved
 *     sh run              is run to its end
 *     sh start            is started and goes on
 *     text expect         must be in the output of the block before it
 *     text expect-stream  must be in the output of the first command that was started and prints it
 *     sh stop             ends what was started
 */
export class PageRunner {
  readonly #root: string
  readonly #blocks: readonly Block[]
  readonly #started: TestProcess[] = []
  #last: TestProcess | undefined

  constructor(root: string, page: string) {
    this.#root = root
    this.#blocks = fencedBlocks(readFileSync(join(root, page), 'utf8'))
  }

  async run(): Promise<number> {
    let steps = 0
    try {
      for (const block of this.#blocks) if (await this.#do(block)) steps++
    } finally {
      await this.#stop()
    }
    return steps
  }

  async #do({ info, text }: Block): Promise<boolean> {
    const [, verb = ''] = info.split(' ')
    if (verb.startsWith('file=')) this.#save(verb.slice('file='.length), text)
    else if (info === 'sh run') await this.#shell(text).exited(60_000)
    else if (info === 'sh start') this.#started.push(this.#shell(text))
    else if (info === 'sh stop') await this.#stop()
    else if (info === 'text expect') await this.#expect(text, this.#last === undefined ? [] : [this.#last])
    else if (info === 'text expect-stream') await this.#expect(text, this.#started)
    else return false
    return true
  }

  #save(path: string, text: string): void {
    mkdirSync(dirname(join(this.#root, path)), { recursive: true })
    writeFileSync(join(this.#root, path), text)
  }

  /** Ports are open when the next command asks: curl is told to wait for them, as a reader would. */
  #shell(text: string): TestProcess {
    const patient = text.replaceAll('curl ', 'curl --retry 40 --retry-connrefused --retry-delay 1 ')
    this.#last = new TestProcess('bash', ['-c', patient], { cwd: this.#root, isGroup: true })
    return this.#last
  }

  async #expect(text: string, processes: readonly TestProcess[]): Promise<void> {
    const outputs = (): string => processes.map(({ output }) => output).join('\n---\n')
    await eventually(
      `the output ${JSON.stringify(text)}`,
      () => processes.some(({ output }) => output.includes(text.trim())),
      30_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; there is:\n${outputs()}`)
    })
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((started) => started.stop(PATIENCE_MS)))
  }
}

function fencedBlocks(page: string): Block[] {
  return [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info,
    text,
  }))
}
