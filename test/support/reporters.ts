type Reporters = ('default' | ['json', { outputFile: string }])[]

/**
 * Names the reporters of a run: the readable one, and where `TEST_REPORT_FILE` names a file also a JSON report,
 * from which `tools/sumTests.mjs` sums several runs. The name has no HOLDFAST_ in front: the servers under test would warn
 * of a setting that they do not know.
 */
export function reporters(): Reporters {
  const outputFile = process.env['TEST_REPORT_FILE']
  return outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]]
}
