/**
 * The terminal beneath Ink: raw keys, and the modes of this program (bracketed paste, focus reports, kitty's keyboard).
 * The modes are switched off however the program ends.
 */

import { createFloodGuard } from '../input/flood.ts'
import { createKeyDecoder, type InputEvent } from '../input/keypress.ts'
import type { CleanText } from '../text/clean.ts'

/** A keyboard to read from. */
export type Keyboard = NodeJS.ReadableStream & {
  setRawMode?: (on: boolean) => unknown
  ref?: () => unknown
  unref?: () => unknown
}

/**
 * No wrapping, since a row that the terminal measures wider than we do would push down all rows below it; bracketed
 * paste and focus reports; no arrow keys for the wheel (1007, whose setting before is saved), which would edit messages.
 */
const MODES_ON = '\x1b[?7l\x1b[?2004h\x1b[?1004h\x1b[?1007s\x1b[?1007l'
const MODES_OFF = '\x1b[?1007r\x1b[?1004l\x1b[?2004l\x1b[?7h'
/** Saves the title of the window, and restores it. (XTWINOPS) */
const SAVE_TITLE = '\x1b[22;2t'
const RESTORE_TITLE = '\x1b[23;2t'
/** Asks for kitty's keyboard protocol, and then for the device attributes, which every terminal answers, in this order. */
const QUERIES = '\x1b[?u\x1b[c'
/**
 * Draws two signs of the screen and asks where the cursor is: terminals for East Asian text draw each two cells wide, and
 * those that do not read UTF-8 draw other signs. The row is empty again afterwards.
 */
const PROBE = '\x1b7\r─●\x1b[6n\r\x1b[K\x1b8'
const PROBE_COLUMN = 3
const CURSOR_ANSWER = /\x1b\[\d+;(\d+)R/
const LAST_ANSWER = /\x1b\[\?[\d;]*c/
/** All answers together are shorter, in characters: a paste may come between. */
const LONGEST_ANSWERS = 10_000
/** A terminal without an answer after this, ms, gives none. */
const ANSWERS_WITHIN_MS = 200
/**
 * Makes the terminal distinguish keys such as Shift+Enter and Enter (1), and report the key of the Latin layout and the
 * shifted form beside each key (4): Ctrl and Alt mean the same on every layout.
 */
const KITTY_ON = '\x1b[>5u'
const KITTY_OFF = '\x1b[<u'
/** The answer to the query. */
const KITTY_ANSWER = /\x1b\[\?\d+u/

/** OSC 2. Clean text cannot end it. */
function titleSequence(title: CleanText | undefined): string {
  return title === undefined ? '' : `\x1b]2;${title}\x07`
}

/** A terminal that the screen can take and release. */
export type Terminal = {
  /** Switches to raw keys and our modes. */
  take(): void
  /** Sets raw keys and our modes again, after another program may have changed them. */
  retake(): void
  /** Sets the title of the window, now or once the terminal is taken; undefined: it has none of ours. */
  setTitle(title: CleanText | undefined): void
  /** Resolves when the terminal has answered our queries, or will not: a later answer would be typed into the shell. */
  settled(): Promise<void>
  /** Restores the terminal. Can be called at any time and more than once. */
  release(): void
}

/** What is known of a terminal, and what it tells. */
export type TerminalOptions = {
  /** Whether the terminal is reached over a network, which can cut the sequence of a key in two. */
  readonly isRemote?: boolean
  /** Called if the terminal draws the signs of the screen in more than one cell each. */
  readonly onWide?: () => void
}

/**
 * A terminal that is not taken yet.
 * @param onInput gets the events of each chunk from the keyboard, in order
 */
export function createTerminal(
  stdin: Keyboard,
  stdout: NodeJS.WritableStream,
  onInput: (events: readonly InputEvent[]) => void,
  { isRemote = false, onWide = () => undefined }: TerminalOptions = {},
): Terminal {
  const decoder = createKeyDecoder(isRemote)
  const guard = createFloodGuard()
  let timer: NodeJS.Timeout | undefined
  let isTaken = false
  let title: CleanText | undefined
  let speaksKitty = false
  /** What came from the terminal until it had answered all queries; undefined: it has. */
  let answers: string | undefined = ''
  const answered = Promise.withResolvers<void>()

  const write = (text: string): void => {
    // The terminal may be closed already (SIGHUP); then there is nothing to restore.
    try {
      stdout.write(text)
    } catch {}
  }

  const hear = (events: InputEvent[]): void => {
    clearTimeout(timer)
    onInput(events)
    if (decoder.wait !== undefined && isTaken) timer = setTimeout(() => hear(decoder.flush()), decoder.wait)
  }

  const onData = (chunk: string | Uint8Array): void => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
    if (!speaksKitty && KITTY_ANSWER.test(text)) {
      speaksKitty = true
      write(KITTY_ON)
    }
    if (answers !== undefined) {
      answers += text
      const [, column] = CURSOR_ANSWER.exec(answers) ?? []
      if (LAST_ANSWER.test(answers) || answers.length > LONGEST_ANSWERS) {
        answers = undefined
        answered.resolve()
        if (column !== undefined && Number(column) !== PROBE_COLUMN) onWide()
      }
    }
    hear([...guard(decoder.push(chunk), performance.now())])
  }

  return {
    take() {
      if (isTaken) return
      isTaken = true
      stdin.setRawMode?.(true)
      stdin.ref?.()
      stdin.on('data', onData)
      stdin.resume()
      write(SAVE_TITLE + titleSequence(title) + MODES_ON + (answers === undefined ? '' : PROBE) + QUERIES)
      process.on('exit', release)
    },
    retake() {
      if (!isTaken) return
      // Node sets a mode only if it is another than the one that it set last.
      stdin.setRawMode?.(false)
      stdin.setRawMode?.(true)
      write(MODES_ON + (speaksKitty ? KITTY_ON : ''))
    },
    setTitle(changed) {
      title = changed
      if (isTaken) write(changed === undefined ? RESTORE_TITLE + SAVE_TITLE : titleSequence(changed))
    },
    async settled() {
      if (!isTaken) return
      const giveUp = setTimeout(answered.resolve, ANSWERS_WITHIN_MS)
      await answered.promise
      clearTimeout(giveUp)
    },
    release,
  }

  function release(): void {
    if (!isTaken) return
    isTaken = false
    process.off('exit', release)
    clearTimeout(timer)
    stdin.off('data', onData)
    if (speaksKitty) write(KITTY_OFF)
    speaksKitty = false
    write(MODES_OFF + RESTORE_TITLE)
    // The keyboard of a closed terminal cannot be set.
    try {
      stdin.setRawMode?.(false)
    } catch {}
    stdin.pause()
    stdin.unref?.()
  }
}
