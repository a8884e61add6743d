/**
 * Adds up the JSON reports of several runs of the test runner, and closes with one plain line:
 *
 *     node tools/sumTests.mjs REPORT.json...
 *     412 passed, 0 failed
 *
 * Named are the tests that failed, those that passed only when they were tried once more, and those that were skipped
 * because a program is missing. The exit code is 1 when a test failed, when a report says that its run failed otherwise
 * (a file that could not be loaded), or when a run had no tests at all.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

function readReport(file) {
  const name = basename(file, '.json')
  if (!existsSync(file))
    return { name: `${name} (did not finish)`, passed: 0, failed: 1, isGood: false, skipped: 0, notes: [] }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const skipped = tests.filter(({ status }) => status === 'pending' || status === 'skipped')
  const missing = skipped.filter(({ fullName }) => fullName.includes('[skipped: '))
  const failed = tests.filter(({ status }) => status === 'failed')
  const passedLate = tests.filter((test) => test.status === 'passed' && test.failureMessages?.length > 0)
  const broken = report.testResults.filter(({ status, assertionResults }) =>
    isBroken(status, assertionResults),
  )
  return {
    name,
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    isGood: report.success && report.numPassedTests > 0,
    skipped: skipped.length,
    notes: [
      ...broken.map(({ name: path, message }) => `failed: ${path}: ${firstLine(message)}`),
      ...failed.map((test) => `failed: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`),
      ...passedLate.map((test) => `tried twice: ${test.fullName}: ${firstLine(test.failureMessages[0])}`),
      ...missing.map(({ fullName }) => `skipped: ${fullName}`),
    ],
  }
}

/** A file that failed though none of its tests did: it did not load, or a hook failed. */
function isBroken(status, assertionResults) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}

function firstLine(text = '') {
  return text.split('\n', 1)[0]
}

function main(files) {
  if (files.length === 0) throw new Error('Usage: node tools/sumTests.mjs REPORT.json...')
  const reports = files.map(readReport)
  for (const { name, passed, failed, skipped, notes } of reports) {
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
    for (const note of notes) console.log(`  ${note}`)
  }
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  return reports.every(({ isGood, failed }) => isGood && failed === 0) ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
