import { type IPty, spawn } from '@lydell/node-pty'

/** A full-screen program in a real terminal. */
export interface TerminalProgram {
  readonly pid: number
  /** Bytes written to the terminal so far. */
  readonly bytes: () => number
  /** Types one character; resolves with the time until the program painted it, ms. */
  key(character: string): Promise<number>
  /** Types a text. */
  type(text: string): void
  /** Resolves when the program has written this text to the terminal. */
  shown(text: string): Promise<void>
  /** Ends the program and waits until it has ended. */
  stop(): Promise<void>
}

/** Starts a program in a pty of this size, with this home directory. */
export function startInTerminal(
  file: string,
  args: readonly string[],
  columns: number,
  rows: number,
  home: string,
): TerminalProgram {
  const { PATH = '' } = process.env
  const pty: IPty = spawn(file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: home,
    env: { PATH, HOME: home, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  })
  let bytes = 0
  const watchers = new Set<(text: string) => void>()
  pty.onData(text => {
    bytes += Buffer.byteLength(text)
    for (const watcher of watchers) watcher(text)
  })
  const shown = (wanted: string): Promise<void> =>
    new Promise(resolve => {
      const watcher = (text: string): void => {
        if (!text.includes(wanted)) return
        watchers.delete(watcher)
        resolve()
      }
      watchers.add(watcher)
    })
  return {
    pid: pty.pid,
    bytes: () => bytes,
    shown,
    type: text => pty.write(text),
    key: async character => {
      const typed = performance.now()
      const painted = shown(character)
      pty.write(character)
      await painted
      return performance.now() - typed
    },
    stop: async () => {
      const gone = new Promise(resolve => pty.onExit(resolve))
      pty.kill('SIGTERM')
      await gone
    },
  }
}
