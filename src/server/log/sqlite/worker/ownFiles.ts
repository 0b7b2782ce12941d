import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { syncPath } from '../../../../files/syncPath.ts'
import { rescuedFile, savingFile } from '../database.ts'

const OWNER_ONLY = 0o600

/**
 * Looks whether the files of a log are still the ones that its connections have open. A file that was removed or replaced
 * lives on until it is closed, and what is written into it then is on no disk that a next start finds.
 */
export class OwnFiles {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #identities: ReadonlyMap<string, string | undefined>

  /** @param database has its write-ahead log already */
  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
    this.#identities = new Map([file, `${file}-wal`, `${file}-shm`].map(path => [path, identityOf(path)]))
  }

  /** Whether each file is where it was; the shared memory does not matter. */
  get areThere(): boolean {
    return this.#isOwn(this.#file) && this.#isOwn(`${this.#file}-wal`)
  }

  /**
   * Saves everything that was committed, as the log where no other file has its name, else beside it. Nothing can be committed
   * any more. Gives a sentence.
   */
  rescue(): string {
    const what = `files of ${this.#file} were removed or replaced while chatd ran`
    try {
      const saved = this.#save()
      // They would be taken for a part of the file that has the name now.
      for (const end of ['-wal', '-shm'])
        if (this.#isOwn(this.#file + end)) rmSync(this.#file + end, { force: true })
      if (existsSync(this.#file) && !this.#isOwn(this.#file))
        return `${what}; everything that was acknowledged is in ${saved}, for another file has the name of the log`
      renameSync(saved, this.#file)
      syncPath(dirname(this.#file))
      return `${what}; everything that was acknowledged was saved under that name: start chatd again`
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return `${what}, and the log could not be saved (${reason}): restore a backup`
    }
  }

  #isOwn(path: string): boolean {
    return identityOf(path) === this.#identities.get(path)
  }

  /** Saves under another name until all of it is on the disk: a process that is killed meanwhile leaves no half log behind. */
  #save(): string {
    const saving = savingFile(this.#file)
    rmSync(saving, { force: true })
    // SQLite makes a new file readable to all, but takes one that is there and empty.
    writeFileSync(saving, '', { flag: 'wx', mode: OWNER_ONLY })
    syncPath(dirname(saving))
    this.#database.prepare('VACUUM INTO ?').run(saving)
    syncPath(saving)
    const usual = rescuedFile(this.#file)
    const saved = existsSync(usual) ? `${usual}-${Date.now()}` : usual
    renameSync(saving, saved)
    return saved
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino}`
}
