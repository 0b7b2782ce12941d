/** Ctrl+Z: the shell gets the terminal until `fg`. */

/** Who still runs this long after it asked to be stopped is not going to be, ms. */
const STOPPED_WITHIN_MS = 250

/**
 * Resolves when the process was stopped and goes on; soon where there is no shell that could let it go on: the system
 * stops nobody then (`xterm -e chat-tui`, a tmux window of its own). The terminal must have been given back before.
 */
export function suspendProcess(): Promise<void> {
  return new Promise(resolve => {
    const goOn = (): void => {
      clearTimeout(timer)
      process.off('SIGCONT', goOn)
      // A resize is told to the programs in the foreground alone: we may have missed one.
      process.kill(process.pid, 'SIGWINCH')
      resolve()
    }
    // Its time is up as well when who was stopped goes on.
    const timer = setTimeout(goOn, STOPPED_WITHIN_MS)
    process.once('SIGCONT', goOn)
    // The whole group, or npm and npx, which wait for us, would hold the terminal.
    process.kill(0, 'SIGTSTP')
  })
}
