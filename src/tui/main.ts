import { VERSION } from '../protocol/version.ts'

/** It could not start, or something was not delivered. */
const EXIT_FAILED = 1
/** How long the process may take to end by itself, ms. */
const LINGER_MS = 500
/** Wrong usage. */
const EXIT_USAGE = 2

/**
 * The program `chat-tui`; `argv` is that of the process. Sets the exit code: 0, 1 or 2 as `--help` says them. Errors
 * are one line. What is not needed is not loaded: `--version` is to be there at once.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const given = argv.slice(2)
  if (given.length === 1 && (given[0] === '--version' || given[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`)
    return
  }
  const { parseCommandLine } = await import('./commandLine.ts')
  const parsed = parseCommandLine(given)
  if (parsed.kind === 'print') process.stdout.write(parsed.text)
  else if (parsed.kind === 'wrong') fail(parsed.message, EXIT_USAGE)
  else {
    const { start } = await import('./start.ts')
    const ended = await start(parsed.options)
    // Everything is closed; should something still hold the process it does not hold the user's terminal.
    setTimeout(() => process.exit(), LINGER_MS).unref()
    if (ended.kind === 'failed') fail(ended.message, EXIT_FAILED)
    else if (ended.kind === 'exit') process.exitCode = ended.code
    // As the signal would have ended us: who started us is to see that.
    else process.kill(process.pid, ended.signal)
  }
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`chat-tui: ${message}\n`)
  process.exitCode = exitCode
}
