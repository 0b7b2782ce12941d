/** `npm test`: runs every check of the project, and prints how many passed and failed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Count, countTests } from './testCount.ts'

const root = join(import.meta.dirname, '..')
const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
}

/** Each counts as one. All run, also after a failure. */
const checks: readonly (readonly [heading: string, command: string, ...args: readonly string[]])[] = [
  ['Format and lint', 'biome', 'ci', '--error-on-warnings', '.'],
  ['Types', 'tsc', '--noEmit'],
  ['Unused code', 'knip'],
  ['Build', 'node', 'scripts/build.ts'],
]

const total: Count = { passed: 1, failed: 0, skipped: 0 }
console.log(`── Node ${process.versions.node}`)
for (const [heading, command, ...args] of checks) {
  if (runs(heading, command, args)) total.passed++
  else total.failed++
}
const tests = runTests()
total.passed += tests.passed
total.failed += tests.failed
total.skipped += tests.skipped

const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed === 0 ? 0 : 1

function runTests(): Count {
  const directory = mkdtempSync(join(tmpdir(), 'chat-tui-check-'))
  try {
    const report = join(directory, 'tests.json')
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const succeeded = runs('Tests', 'vitest', args)
    const count = countTests(readReport(report))
    // Vitest can also fail outside the tests: by an uncaught error, or if no test ran.
    if (!succeeded && count.failed === 0) count.failed = 1
    return count
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function readReport(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function runs(heading: string, command: string, args: readonly string[]): boolean {
  console.log(`\n── ${heading}`)
  const began = performance.now()
  const { status, signal, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const succeeded = status === 0
  const why = error?.message ?? (signal === null ? `exit code ${status}` : `ended by ${signal}`)
  console.log(
    succeeded ? `   ok, ${seconds} s` : `   FAILED (${why}), ${seconds} s: ${command} ${args.join(' ')}`,
  )
  return succeeded
}
