import { afterAll, beforeAll, beforeEach, type describe, type it, describe as vitestDescribe } from 'vitest'
import { holdfastTarget, isNodePair } from './holdfastTarget.ts'
import { pushpinTarget } from './pushpinTarget.ts'
import type { Running, StartOptions, Target } from './targetTypes.ts'

export type { Running, StartOptions, Target } from './targetTypes.ts'

const targets: Readonly<Record<string, Target>> = { holdfast: holdfastTarget, pushpin: pushpinTarget }

const { HOLDFAST_TEST_TARGET: chosenName = 'holdfast' } = process.env

/** The server that the flows run against: `HOLDFAST_TEST_TARGET`, by default `holdfast`. */
export const target: Target = chooseTarget(chosenName)

function chooseTarget(name: string): Target {
  const chosen = targets[name]
  if (chosen === undefined) throw new Error(`HOLDFAST_TEST_TARGET is '${name}', not one of holdfast, pushpin`)
  return chosen
}

/** Starts the server under test. */
export function startTarget(options: StartOptions): Promise<Running> {
  return target.start(options)
}

/** A server under test, and where the tests of a file find it. */
interface WithServer {
  server: Running
}

/**
 * Starts the server of a file before its tests and stops it after them. Pushpin may crash under a test, which is then tried once
 * more, and must not take all others of the file along: it is started anew.
 */
export function useTarget(place: WithServer, start: () => Promise<Running>): void {
  beforeAll(async () => {
    place.server = await start()
  })
  beforeEach(async () => {
    if (target.name === 'pushpin' && place.server.hasExited) place.server = await start()
  })
  afterAll(() => place.server?.stop())
}

/** Picks the expectation where Pushpin 1.36 and holdfast differ by intention. */
export function expected<T>(both: { holdfast: T; pushpin: T }): T {
  return both[target.name]
}

/**
 * Returns `it` for holdfast, and for Pushpin an `it` that skips and shows why we mean to differ (an ODD number of
 * the reference, or a feature that Pushpin 1.36 lacks).
 */
export function holdfastOnly(test: typeof it, reason: string): typeof it {
  return target.name === 'holdfast' ? test : skipping(test, `holdfast only: ${reason}`)
}

/** Returns `it` for Pushpin, and for holdfast an `it` that skips and shows which feature it still lacks. */
export function notYet(test: typeof it, feature: string): typeof it {
  return target.name === 'pushpin' ? test : skipping(test, `not yet: ${feature}`)
}

/** Returns `it`, and with `HOLDFAST_TEST_NODES=2` an `it` that skips and shows why one node has to have both clients and operators. */
export function oneNodeOnly(test: typeof it, reason: string): typeof it {
  return target.name === 'holdfast' && isNodePair ? skipping(test, `one node only: ${reason}`) : test
}

function skipping(test: typeof it, reason: string): typeof it {
  const label = (name: string) => `${name} [${reason}]`
  const skip = (name: string, ...rest: never[]) => (test.skip as AnyCall)(label(name), ...rest)
  const each = (...table: never[]) => {
    const skipEach = (test.skip.each as AnyCall)(...table) as AnyCall
    return (name: string, ...rest: never[]) => skipEach(label(name), ...rest)
  }
  return Object.assign(skip, { each }) as unknown as typeof it
}

type AnyCall = (...args: unknown[]) => unknown

/**
 * Describes flows. Against Pushpin a failed test is tried again: 1.36 cuts about one new stream in a hundred off
 * within milliseconds ("received message out of sequence, canceling"). holdfast gets no second try.
 */
export const describeFlows: typeof describe = (
  target.name === 'pushpin'
    ? (name: string, body: () => void) => vitestDescribe(name, { retry: 2 }, body)
    : vitestDescribe
) as typeof describe
