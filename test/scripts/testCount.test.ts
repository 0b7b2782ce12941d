import { describe, expect, test } from 'vitest'
import { countTests } from '../../scripts/testCount.ts'

const file = (name: string, status: string, ...tests: readonly string[]) => ({
  name,
  status,
  message: status === 'failed' ? 'it is broken' : '',
  assertionResults: tests.map((each, index) => ({
    status: each,
    fullName: `test ${index + 1}`,
    failureMessages: each === 'failed' ? ['expected 1\nnot 2'] : [],
  })),
})
const report = (...testResults: readonly object[]): string => JSON.stringify({ testResults })

describe('counting tests', () => {
  test('adds up all files, and says which tests failed and why', () => {
    const text = report(
      file('a.test.ts', 'passed', 'passed', 'passed'),
      file('b.test.ts', 'failed', 'failed', 'passed', 'skipped', 'todo'),
    )
    expect(countTests(text)).toEqual({
      passed: 3,
      failures: ['b.test.ts\n  test 1\n  expected 1\n  not 2'],
      skipped: 2,
    })
  })

  test('a file that could not be loaded is a failure', () => {
    expect(countTests(report(file('a.test.ts', 'failed'), file('b.test.ts', 'passed', 'passed')))).toEqual({
      passed: 1,
      failures: ['a.test.ts\n  it is broken'],
      skipped: 0,
    })
  })

  test('no report at all is a failure', () => {
    expect(countTests(undefined).failures).toHaveLength(1)
  })
})
