/** Asks on the terminal, before or without a screen. What is secret is typed unseen. */

import { createInterface } from 'node:readline/promises'
import type { Keyboard } from './terminal.ts'

const ENTER = /[\r\n]/
const CTRL_C = '\x03'
const CTRL_D = '\x04'
const CTRL_U = '\x15'
const BACKSPACE = /[\x7f\b]/

/** The terminal that is asked on. */
export interface Console {
  readonly input: Keyboard
  readonly output: NodeJS.WritableStream
}

/** Asks for a line; undefined where the user gives up (Ctrl+C, Ctrl+D). */
export async function askLine({ input, output }: Console, question: string): Promise<string | undefined> {
  const lines = createInterface({ input, output })
  try {
    return await new Promise<string | undefined>(resolve => {
      lines.on('close', () => resolve(undefined))
      lines.question(question).then(resolve, () => resolve(undefined))
    })
  } finally {
    lines.close()
  }
}

/** Asks for a line that is not shown; undefined where the user gives up. */
export function askSecret({ input, output }: Console, question: string): Promise<string | undefined> {
  // Before the question: what is typed at once must not be shown either.
  input.setRawMode?.(true)
  input.resume()
  output.write(question)
  return new Promise(resolve => {
    let typed = ''
    const end = (value: string | undefined): void => {
      input.off('data', take)
      input.off('end', giveUp)
      input.setRawMode?.(false)
      input.pause()
      output.write('\n')
      resolve(value)
    }
    const giveUp = (): void => end(undefined)
    const take = (chunk: Buffer | string): void => {
      const text = String(chunk)
      for (let at = 0; at < text.length; at++) {
        const character = text[at] ?? ''
        if (ENTER.test(character)) {
          end(typed)
          // What was typed ahead answers the next question.
          if (at + 1 < text.length) input.unshift(text.slice(at + 1))
          return
        }
        if (character === CTRL_C || (character === CTRL_D && typed === '')) return end(undefined)
        if (character === CTRL_U) typed = ''
        else if (BACKSPACE.test(character)) typed = [...typed].slice(0, -1).join('')
        else if (character >= ' ') typed += character
      }
    }
    input.on('data', take)
    input.on('end', giveUp)
  })
}
