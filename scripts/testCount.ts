/** How many tests passed and were skipped, and a text about each that failed. */
export interface Count {
  passed: number
  failures: string[]
  skipped: number
}

interface Report {
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string
    readonly status: string
    /** Why the file could not be loaded. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** Rows of an error that are shown: the assertion, what was expected, and where. */
const ERROR_ROWS = 12

/**
 * Counts the tests in the output of vitest's JSON reporter; undefined without output, which counts as a failure.
 * A file that failed as a whole (it could not be loaded) is a failed test.
 */
export function countTests(report: string | undefined): Count {
  if (report === undefined) return { passed: 0, failures: ['vitest wrote no report'], skipped: 0 }
  const count: Count = { passed: 0, failures: [], skipped: 0 }
  for (const file of (JSON.parse(report) as Report).testResults) {
    const failedBefore = count.failures.length
    for (const { status, fullName, failureMessages = [] } of file.assertionResults) {
      if (status === 'passed') count.passed++
      else if (status === 'failed') count.failures.push(failure(file.name, fullName, ...failureMessages))
      else count.skipped++
    }
    if (file.status === 'failed' && count.failures.length === failedBefore) {
      count.failures.push(failure(file.name, file.message))
    }
  }
  return count
}

function failure(...parts: readonly string[]): string {
  const rows = parts.flatMap(part => part.split('\n'))
  return rows.slice(0, ERROR_ROWS + 2).join('\n  ')
}
