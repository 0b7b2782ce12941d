/** Ctrl+Z: the shell gets the terminal until `fg`. */

/** A process that still runs this long after SIGTSTP will not be stopped, ms. */
const STOPPED_WITHIN_MS = 250

/**
 * Stops the process; resolves when it continues. Without a shell that could continue it (`xterm -e chat-tui`, a tmux
 * window of its own) the system does not stop it, and this resolves soon. The caller releases the terminal before.
 */
export function suspendProcess(): Promise<void> {
  return new Promise(resolve => {
    const goOn = (): void => {
      clearTimeout(timer)
      process.off('SIGCONT', goOn)
      // The system sends SIGWINCH only to programs in the foreground: we may have missed one.
      process.kill(process.pid, 'SIGWINCH')
      resolve()
    }
    // The timer also fires when a stopped process continues.
    const timer = setTimeout(goOn, STOPPED_WITHIN_MS)
    process.once('SIGCONT', goOn)
    // The whole process group: npm and npx wait for us, and would hold the terminal.
    process.kill(0, 'SIGTSTP')
  })
}
