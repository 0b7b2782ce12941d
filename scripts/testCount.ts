/** How many tests passed, failed and were skipped. */
export interface Count {
  passed: number
  failed: number
  skipped: number
}

interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * Counts the tests in the output of vitest's JSON reporter; undefined without output, which counts as a failure.
 * A file that failed as a whole (it could not be loaded) is a failed test.
 */
export function countTests(report: string | undefined): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 }
  if (report === undefined) return { ...count, failed: 1 }
  for (const file of (JSON.parse(report) as Report).testResults) {
    const failedBefore = count.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed++
      else if (status === 'failed') count.failed++
      else count.skipped++
    }
    if (file.status === 'failed' && count.failed === failedBefore) count.failed++
  }
  return count
}
