/**
 * The terminal beneath Ink: raw keys, and the modes of this program (bracketed paste, focus reports, kitty's keyboard).
 * The modes are switched off however the program ends.
 */

import { createFloodGuard } from '../input/flood.ts'
import { createKeyDecoder, type InputEvent } from '../input/keypress.ts'

/** A keyboard to read from. */
export type Keyboard = NodeJS.ReadableStream & {
  setRawMode?: (on: boolean) => unknown
  ref?: () => unknown
  unref?: () => unknown
}

/**
 * No wrapping, since a row that the terminal measures wider than we do would push down all rows below it; bracketed
 * paste and focus reports; and a query whether the terminal supports kitty's keyboard protocol.
 */
const MODES_ON = '\x1b[?7l\x1b[?2004h\x1b[?1004h\x1b[?u'
const MODES_OFF = '\x1b[?1004l\x1b[?2004l\x1b[?7h'
/** Makes the terminal distinguish keys such as Shift+Enter and Enter. */
const KITTY_ON = '\x1b[>1u'
const KITTY_OFF = '\x1b[<u'
/** The answer to the query. */
const KITTY_ANSWER = /\x1b\[\?\d+u/

/** A terminal that the screen can take and release. */
export type Terminal = {
  /** Switches to raw keys and our modes. */
  take(): void
  /** Restores the terminal. Can be called at any time and more than once. */
  release(): void
}

/** A terminal that is not taken yet. `onInput` gets the events of each chunk from the keyboard, in order. */
export function createTerminal(
  stdin: Keyboard,
  stdout: NodeJS.WritableStream,
  onInput: (events: readonly InputEvent[]) => void,
): Terminal {
  const decoder = createKeyDecoder()
  const guard = createFloodGuard()
  let timer: NodeJS.Timeout | undefined
  let isTaken = false
  let speaksKitty = false

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
      write(MODES_ON)
      process.on('exit', release)
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
    write(MODES_OFF)
    // The keyboard of a closed terminal cannot be set.
    try {
      stdin.setRawMode?.(false)
    } catch {}
    stdin.pause()
    stdin.unref?.()
  }
}
