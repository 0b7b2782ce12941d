/** Ctrl+Z: the shell gets the terminal until `fg`. */

/** Resolves when the process was stopped and goes on. The terminal must have been given back before. */
export function suspendProcess(): Promise<void> {
  return new Promise(resolve => {
    // Without a timer the process would end, as it listens to nothing now.
    const alive = setInterval(() => undefined, 60_000)
    process.once('SIGCONT', () => {
      clearInterval(alive)
      // A resize is told to the programs in the foreground alone: we may have missed one.
      process.kill(process.pid, 'SIGWINCH')
      resolve()
    })
    // The whole group, or npm and npx, which wait for us, would hold the terminal.
    process.kill(0, 'SIGTSTP')
  })
}
