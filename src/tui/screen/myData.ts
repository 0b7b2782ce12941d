/** Saves everything that the server keeps about the user. */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import type { Account } from '../../client/account.ts'
import { errorReason } from '../../files/errorCode.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'

/** Writes a new file, for the owner alone, of one JSON object a line; the number of lines, or a sentence. */
export async function saveMyData(account: Account, file: string): Promise<Result<number, string>> {
  let output: number
  try {
    output = openSync(file, 'wx', 0o600)
  } catch (error) {
    const code = errorReason(error)
    return failure(
      code === 'EEXIST'
        ? `${file} is there already: name another file`
        : `${file} cannot be written (${code})`,
    )
  }
  const saved = await writeRecords(account, output)
  closeSync(output)
  // Half of one's data looks like all of it.
  if (!saved.ok) rmSync(file, { force: true })
  return saved
}

async function writeRecords(account: Account, output: number): Promise<Result<number, string>> {
  let count = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await account.myData(after)
    if (!page.ok) return failure(page.error.message)
    try {
      for (const record of page.value.records) writeSync(output, `${JSON.stringify(record)}\n`)
    } catch (error) {
      return failure(`the file cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
    count += page.value.records.length
    after = page.value.next
  }
  return success(count)
}
