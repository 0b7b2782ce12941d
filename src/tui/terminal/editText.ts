/** Edits a text in the editor of the user. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'

/** A longer file is none that was meant as a message. */
const MAX_BYTES = 1024 * 1024

/**
 * Runs the editor on a file that only the user can read, and gives what it left there, without the end of the last line. The
 * terminal is the editor's meanwhile. The error is a sentence.
 */
export async function editText(
  text: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Result<string, CleanText>> {
  const editor = [env['VISUAL'], env['EDITOR']].find(one => one !== undefined && one.trim() !== '') ?? 'vi'
  let directory: string | undefined
  try {
    directory = mkdtempSync(join(tmpdir(), 'chat-tui-'))
    const file = join(directory, 'message.md')
    writeFileSync(file, text === '' ? '' : `${text}\n`, { mode: 0o600 })
    const problem = await run(editor, file)
    if (problem !== undefined) return failure(problem)
    if (statSync(file).size > MAX_BYTES) return failure(clean`the file is too long for a message`)
    return success(readFileSync(file, 'utf8').replace(/\n$/, ''))
  } catch (error) {
    return failure(clean`not edited: ${cleanLine(error instanceof Error ? error.message : String(error))}`)
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  }
}

/** The value is a command for the shell, as other programs read it. */
function run(editor: string, file: string): Promise<CleanText | undefined> {
  return new Promise(resolve => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    child.once('error', error => resolve(clean`the editor did not start: ${cleanLine(error.message)}`))
    child.once('exit', code =>
      resolve(
        code === 0
          ? undefined
          : clean`${cleanLine(editor)} ended with ${code ?? 1}: the text stays as it was; EDITOR names another editor`,
      ),
    )
  })
}
