import type { Status } from './status.ts'
import { drawTop } from './topScreen.ts'

/** How often the screen is drawn again, ms. */
const EVERY = 1_000
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const END_OF_ROW = '\u001b[K'
const END_OF_SCREEN = '\u001b[J'
const CTRL_C = '\u0003'
/** Without a terminal nothing has a height. */
const ALL_ROWS = 1_000

/** A look at a daemon: its status, or why there is none, with the exit code. */
type Look = () => Promise<
  { readonly status: Status; readonly code: number } | { readonly why: string; readonly code: number }
>

/** Shows a daemon on the terminal until Q; without a terminal, once. Gives the exit code. */
export async function runTop(look: Look): Promise<number> {
  const { stdin, stdout } = process
  const first = await look()
  if ('why' in first) {
    process.stderr.write(`chatd: ${first.why}\n`)
    return first.code
  }
  if (!stdin.isTTY || !stdout.isTTY) {
    const rows = drawTop({ now: first.status, before: undefined, rows: ALL_ROWS, columns: ALL_ROWS })
    stdout.write(`${rows.join('\n')}\n`)
    return first.code
  }
  return watchOnTerminal(look, first.status)
}

function watchOnTerminal(look: Look, first: Status): Promise<number> {
  const { stdin, stdout } = process
  let before: Status | undefined
  let now = first
  let trouble: string | undefined
  const draw = (): void => {
    const { rows, columns } = stdout
    const shown = drawTop({ now, before, rows: rows - 1, columns })
    const last = trouble ?? 'Q quits'
    stdout.write(
      `${HOME}${[...shown, last.slice(0, columns)].map(row => `${row}${END_OF_ROW}`).join('\r\n')}${END_OF_SCREEN}`,
    )
  }
  const refresh = async (): Promise<void> => {
    const seen = await look()
    trouble = 'why' in seen ? `${seen.why}; looking again` : undefined
    if ('status' in seen) [before, now] = [now, seen.status]
    draw()
  }
  return new Promise(resolve => {
    let timer: NodeJS.Timeout
    let isOver = false
    // One look after the other: a busy daemon is not asked twice at once.
    const goOn = (): void => {
      timer = setTimeout(() => void refresh().finally(() => isOver || goOn()), EVERY)
    }
    const leave = (): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      stdin.setRawMode(false)
      stdout.write(LEAVE)
      resolve(0)
    }
    stdout.write(ENTER)
    stdin.setRawMode(true)
    stdin.on('data', chunk => {
      if (/[qQ]/.test(String(chunk)) || String(chunk).includes(CTRL_C)) leave()
    })
    stdin.on('end', leave)
    stdout.on('resize', draw)
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, leave)
    draw()
    goOn()
  })
}
