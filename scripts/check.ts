/** `npm test`: runs every check of the project, and prints how many passed and failed. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Count, countTests } from './testCount.ts'

const root = join(import.meta.dirname, '..')
const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
}

/** Tests of whole programs have clocks to keep. */
const LESS_URGENT = constants.priority.PRIORITY_BELOW_NORMAL

/** Each counts as one. All run, also after a failure. */
const checks: readonly (readonly [heading: string, command: string, ...args: readonly string[]])[] = [
  ['Format and lint', 'biome', 'ci', '--error-on-warnings', '.'],
  ['Types', 'tsc', '--noEmit'],
  ['Unused code', 'knip'],
  ['Build', 'node', 'scripts/build.ts'],
]

const total: Count = { passed: 1, failures: [], skipped: 0 }
console.log(`── Node ${process.versions.node}`)
for (const [heading, command, ...args] of checks) {
  if (runs(heading, command, args)) total.passed++
  else total.failures.push(heading)
}
const tests = await runTests()
total.passed += tests.passed
total.failures.push(...tests.failures)
total.skipped += tests.skipped

const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`
// Last, since of a long output often only the end is kept.
if (total.failures.length > 0) console.log(`\n── Failed\n${total.failures.join('\n')}`)
console.log(`\n${total.passed} passed, ${total.failures.length} failed${skipped}`)
process.exitCode = total.failures.length === 0 ? 0 : 1

/**
 * Both kinds of tests at once: those of whole programs run one file at a time and mostly wait, so the others take what CPU they leave.
 * Their output comes after that of the programs.
 */
async function runTests(): Promise<Count> {
  const directory = mkdtempSync(join(tmpdir(), 'chat-tui-check-'))
  try {
    const [programs, units] = await Promise.all([
      runProject(directory, 'e2e', 'inherit'),
      runProject(directory, 'unit', openSync(join(directory, 'unit.log'), 'w')),
    ])
    console.log(`\n── Unit tests\n${readReport(join(directory, 'unit.log')) ?? ''}`)
    return {
      passed: programs.passed + units.passed,
      failures: [...programs.failures, ...units.failures],
      skipped: programs.skipped + units.skipped,
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runProject(
  directory: string,
  project: 'e2e' | 'unit',
  output: 'inherit' | number,
): Promise<Count> {
  const report = join(directory, `${project}.json`)
  // A choice of the unit tests is run on a cluster too.
  const projects = project === 'unit' ? ['unit', 'contract'] : [project]
  const args = ['run', ...projects.map(name => `--project=${name}`), '--reporter=default', '--reporter=json']
  // Each test that opens a log starts threads, which would compile the same files each time.
  const compiled = project === 'unit' ? { NODE_COMPILE_CACHE: join(directory, 'compiled') } : {}
  // By itself Vitest leaves a core to others; these tests wait for brokers and clocks half of their time.
  if (project === 'unit') args.push(`--maxWorkers=${Math.max(2, availableParallelism())}`)
  const child = spawn('vitest', [...args, `--outputFile.json=${report}`], {
    cwd: root,
    env: { ...env, ...compiled },
    stdio: ['ignore', output, output],
  })
  if (project === 'unit' && child.pid !== undefined) setPriority(child.pid, LESS_URGENT)
  const began = performance.now()
  const status = await new Promise<number | null>(resolve => {
    child.once('error', () => resolve(null))
    child.once('exit', resolve)
  })
  console.log(`   ${project}: ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  const count = countTests(readReport(report))
  // Vitest can also fail outside the tests: by an uncaught error, or if no test ran.
  return status !== 0 && count.failures.length === 0
    ? { ...count, failures: [`vitest failed outside the ${project} tests: its error is above`] }
    : count
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
