import { describe, expect, test } from 'vitest'
import { countTests } from '../../scripts/testCount.ts'

const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map(each => ({ status: each })),
})
const report = (...testResults: readonly object[]): string => JSON.stringify({ testResults })

describe('counting tests', () => {
  test('adds up all files', () => {
    const text = report(
      file('passed', 'passed', 'passed'),
      file('failed', 'failed', 'passed', 'skipped', 'todo'),
    )
    expect(countTests(text)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })

  test('a file that could not be loaded is a failure', () => {
    expect(countTests(report(file('failed'), file('passed', 'passed')))).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })

  test('no report at all is a failure', () => {
    expect(countTests(undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})
