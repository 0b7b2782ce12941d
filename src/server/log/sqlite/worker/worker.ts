/** The threads of a log on SQLite: one owns the writing connection, one reads. See {@link SqliteLog}. */
import { parentPort, workerData } from 'node:worker_threads'
import { explaining, isDiskFull, openForReading, openForWriting, UnusableFile } from '../database.ts'
import type { FromWorker, RetentionOrder, ToWorker, WorkerStart } from '../messages.ts'
import { pack, unpack } from '../packed.ts'
import { checkLog } from './checkLog.ts'
import { Reader } from './reader.ts'
import { Retentions } from './retention.ts'
import { turn } from './turn.ts'
import { Writer } from './writer.ts'

/** The index is filled once nothing was committed for this long, ms. */
const INDEX_AFTER = 500
/** What was removed is gone from the write-ahead log this long after, ms; asked for: within a minute. */
const PURGE_AFTER = 20_000
const PURGE_AGAIN = 1_000
const RETENTION_EVERY = 60_000
/** Events that are removed or deleted in one transaction, about a millisecond each: others wait no longer than that takes. */
const SLICE = 32

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

const start = workerData as WorkerStart
const port = parentPort
if (port === null) throw new Error('this is the entry of a thread, not a program')

function tell(message: FromWorker): void {
  port?.postMessage(message)
}

async function answer(
  methods: Methods,
  number: number,
  method: string,
  args: readonly unknown[],
): Promise<void> {
  try {
    const value = await methods[method]?.(...(args as never[]))
    tell({ kind: 'answer', number, value })
  } catch (error) {
    tell({ kind: 'refused', number, message: error instanceof Error ? error.message : String(error) })
  }
}

function write(): void {
  const database = openForWriting(start.file, start.epoch)
  if (start.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${start.maxPages}`)
  const writer = new Writer(database)
  const retentions = new Retentions(database)
  let indexing: NodeJS.Timeout | undefined
  let purging: NodeJS.Timeout | undefined
  let purgeFailed = false
  let isClosed = false

  const trouble = (what: string, error: unknown): void => {
    // What goes on in slices may find the log closed.
    if (!database.isOpen) return
    tell({ kind: 'trouble', message: `${what}: ${error instanceof Error ? error.message : String(error)}` })
  }

  const index = (): void => {
    indexing = undefined
    try {
      if (writer.indexMore()) indexing = setTimeout(index)
    } catch (error) {
      // Tried again with the next commit, and before the next search.
      trouble('the search index could not be filled', error)
    }
  }

  const purge = async (): Promise<void> => {
    let wait = PURGE_AFTER
    try {
      if (!(await writer.purge())) wait = PURGE_AGAIN
      purgeFailed = false
    } catch (error) {
      if (isClosed) return
      // Once, however long the disk stays full.
      if (!purgeFailed) trouble('what was deleted is not wholly out of the search index yet', error)
      purgeFailed = true
    }
    purging = undefined
    if (!isClosed && writer.needsPurge) purgeAfter(wait)
  }

  const purgeAfter = (wait: number): void => {
    purging ??= setTimeout(() => void purge(), wait)
  }

  const afterwards = (): void => {
    clearTimeout(indexing)
    if (writer.indexed < writer.last) indexing = setTimeout(index, INDEX_AFTER)
    if (writer.needsPurge) purgeAfter(PURGE_AFTER)
  }

  const forget = async (): Promise<void> => {
    for await (const { roomKey, upTo } of retentions.due(Date.now())) {
      for (;;) {
        const head = writer.forgetSlice(roomKey, upTo, SLICE)
        if (head === undefined) break
        tell({ kind: 'forgot', head })
        afterwards()
        await turn()
      }
    }
  }

  const forgetting = setInterval(
    () => void forget().catch((error: unknown) => trouble('retention failed', error)),
    RETENTION_EVERY,
  )

  const methods: Methods = {
    async catchUp(): Promise<void> {
      // What comes meanwhile is not waited for: it may never end. Where nothing can be stored, what is indexed is found.
      const { last } = writer
      try {
        while (writer.indexed < last && writer.indexMore()) await turn()
      } catch (error) {
        trouble('a search may miss what was said last', error)
      }
    },
    async erase(name: string): Promise<number> {
      let erased = 0
      const erasure = writer.beginErasure(name)
      while (erasure !== undefined) {
        const { events, done } = writer.eraseSlice(erasure, SLICE)
        erased += events.filter(event => event.action === 'delete').length
        if (events.length > 0) tell({ kind: 'happened', events })
        afterwards()
        if (done) break
        await turn()
      }
      return erased
    },
    async setRetention({ roomKey, retention }: RetentionOrder): Promise<void> {
      retentions.set(roomKey, retention)
      await forget()
    },
    retentions: () => retentions.all(),
    purge: () => writer.purge(),
    renewEpoch(epoch: string): void {
      database.prepare('UPDATE log SET epoch = ?').run(epoch)
    },
    close(): void {
      isClosed = true
      clearTimeout(indexing)
      clearTimeout(purging)
      clearInterval(forgetting)
      // A log that is closed has nothing in its write-ahead log; the file alone is a whole backup then.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
    },
  }

  port?.on('message', (message: ToWorker) => {
    if (message.kind === 'call') return void answer(methods, message.number, message.method, message.args)
    try {
      tell({ kind: 'committed', outcomes: pack(writer.commit(unpack(message.batch))) })
      afterwards()
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      tell({ kind: 'failed', message: text, diskFull: isDiskFull(error) })
    }
  })
  tell({ kind: 'opened', contents: writer.contents() })
  afterwards()
}

function read(): void {
  const database = openForReading(start.file)
  const reader = new Reader(database)
  const methods: Methods = {
    read: reader.read.bind(reader),
    missed: reader.missed.bind(reader),
    unread: reader.unread.bind(reader),
    search: reader.search.bind(reader),
    check: () => checkLog(database, start.file),
    close: () => database.close(),
  }
  port?.on('message', (message: ToWorker) => {
    if (message.kind === 'call') void answer(methods, message.number, message.method, message.args)
  })
  tell({ kind: 'opened' })
}

try {
  explaining(start.file, start.role === 'writer' ? write : read)
} catch (error) {
  if (!(error instanceof UnusableFile)) throw error
  tell({ kind: 'unusable', message: error.message })
}
