import { VERSION } from '../protocol/version.ts'

/** The program could not start, or a message was not delivered. */
const EXIT_FAILED = 1
/** How long the process may take to end by itself after everything is closed, ms. */
const LINGER_MS = 500
/** Wrong usage. */
const EXIT_USAGE = 2

/**
 * Runs the program `chat-tui` with the `argv` of a process. Sets the exit code: 0, 1 or 2 as `--help` lists them. An
 * error is one line. Modules load only when they are needed, so that `--version` answers at once.
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
    // Everything is closed. A handle that is still open must not keep the user's terminal.
    setTimeout(() => process.exit(), LINGER_MS).unref()
    if (ended.kind === 'failed') fail(ended.message, EXIT_FAILED)
    else if (ended.kind === 'exit') process.exitCode = ended.code
    // The parent process sees the same end as without our signal handler.
    else process.kill(process.pid, ended.signal)
  }
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`chat-tui: ${message}\n`)
  process.exitCode = exitCode
}
