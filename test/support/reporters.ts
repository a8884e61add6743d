type Reporters = ('default' | ['json', { outputFile: string }])[]

/**
 * Names the reporters of a run: the readable one, and where `HOLDFAST_TEST_REPORT` names a file also a JSON report,
 * from which `tools/sumTests.mjs` sums several runs.
 */
export function reporters(): Reporters {
  const outputFile = process.env['HOLDFAST_TEST_REPORT']
  return outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]]
}
