/** The threads of a log on SQLite: one owns the writing connection, one reads. See `SqliteLog`. */
import { setImmediate as turn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { errorCode } from '../../../../files/errorCode.ts'
import { isDiskFull } from '../../../../files/sqliteErrors.ts'
import type { Brokers } from '../../../brokers.ts'
import type { Entry } from '../../entries.ts'
import { UnusableStream } from '../../stream.ts'
import { noteCleanStop } from '../cleanStop.ts'
import { explaining, openForReading, openForWriting, UnusableFile } from '../database.ts'
import {
  type Batch,
  type CallAnswer,
  type Outcome,
  pack,
  type ReaderMethods,
  type ThreadAnswers,
  type ThreadCall,
  type ThreadNews,
  type ThreadStart,
  type ToThread,
  unpack,
  type WriterMethods,
} from '../messages.ts'
import { auditLines } from './auditTable.ts'
import { checkLog } from './checkLog.ts'
import { type Commit, Maintenance } from './maintenance.ts'
import { OwnEventsReader } from './ownEvents.ts'
import { OwnFiles } from './ownFiles.ts'
import { Reader } from './reader.ts'
import { RoomTail } from './roomTail.ts'
import { Searcher } from './searcher.ts'
import type { SharedLog, SharedLogListener } from './sharedLog.ts'
import { Writer } from './writer.ts'

/** The index is filled once nothing was committed for this long, ms. */
const INDEX_AFTER = 500
/** Removed text is gone from the write-ahead log this long after, ms; the contract says within a minute. */
const PURGE_AFTER = 20_000
const PURGE_AGAIN = 1_000
const RETENTION_EVERY = 60_000
/** An answer that is ready waits this long for those behind it, ms. */
const ANSWER_AFTER = 2

const start = workerData as ThreadStart
const port = parentPort
if (port === null) throw new Error('this is the entry of a thread, not a program')

function tell(message: ThreadAnswers | ThreadNews): void {
  port?.postMessage(message)
}

/** Answers the calls of the main thread by methods of their names: what is ready goes together, and waits some ms at most. */
function answerAll(methods: object, calls: readonly ThreadCall[]): void {
  let ready: CallAnswer[] = []
  let since = performance.now()
  const send = (): void => {
    if (ready.length > 0) tell({ kind: 'answers', answers: ready })
    ready = []
    since = performance.now()
  }
  for (const { number, method, args } of calls) {
    const failed = (error: unknown): CallAnswer => ({ number, message: messageOf(error) })
    try {
      // `Thread.call` lets only methods of this interface pass, with their arguments.
      const called = (methods as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[method]
      const value = called?.(...args)
      if (value instanceof Promise)
        value.then(
          (later: unknown) => tell({ kind: 'answers', answers: [{ number, value: later }] }),
          (error: unknown) => tell({ kind: 'answers', answers: [failed(error)] }),
        )
      else ready.push({ number, value })
    } catch (error) {
      ready.push(failed(error))
    }
    if (performance.now() - since > ANSWER_AFTER) send()
  }
  send()
}

function write(): void {
  const { brokers } = start
  const database = openForWriting(start.file, start.epoch, brokers === undefined ? 'log' : 'projection')
  if (start.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${start.maxPages}`)
  const writer = new Writer(database)
  const files = new OwnFiles(database, start.file)
  let indexing: NodeJS.Timeout | undefined
  let purging: NodeJS.Timeout | undefined
  let purgeFailed = false
  let isClosed = false
  let toldFilled = writer.filled
  let shared: SharedLog | undefined
  let forgetting: NodeJS.Timeout | undefined

  const trouble = (what: string, error: unknown): void => {
    // A task that goes on in slices may find the log closed.
    if (database.isOpen) tell({ kind: 'trouble', message: `${what}: ${messageOf(error)}` })
  }

  const tellFilled = (): void => {
    if (writer.filled === toldFilled) return
    toldFilled = writer.filled
    tell({ kind: 'filled', upTo: toldFilled })
  }

  const index = (): void => {
    indexing = undefined
    try {
      if (writer.indexMore()) indexing = setTimeout(index)
      tellFilled()
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
      if (!purgeFailed) trouble('deleted text is not wholly out of the search index yet', error)
      purgeFailed = true
    }
    purging = undefined
    if (!isClosed && writer.needsPurge) purgeAfter(wait)
  }

  const purgeAfter = (wait: number): void => {
    purging ??= setTimeout(() => void purge(), wait)
  }

  const afterCommit = (): void => {
    clearTimeout(indexing)
    tellFilled()
    if (writer.isBehind) indexing = setTimeout(index, INDEX_AFTER)
    if (writer.needsPurge) purgeAfter(PURGE_AFTER)
  }

  const tellOthers = (entries: readonly Entry[], outcomes: readonly Outcome[]): void =>
    tell({ kind: 'others', others: pack({ entries, outcomes }) })

  const commit: Commit = entries => {
    if (shared !== undefined) return shared.commit(entries)
    const outcomes = writer.commit({ ts: Date.now(), entries })
    tellOthers(entries, outcomes)
    return outcomes
  }

  const maintenance = new Maintenance(writer, commit, {
    committed: afterCommit,
    alarm: message => tell({ kind: 'trouble', message }),
  })

  const sweepRest = (): void =>
    void maintenance
      .sweepRest()
      .catch((error: unknown) => trouble('a deleted room is not wholly gone', error))

  const opened = (position?: number): void => {
    forgetting = setInterval(() => {
      void maintenance.forgetDue().catch((error: unknown) => trouble('retention failed', error))
      sweepRest()
    }, RETENTION_EVERY)
    tell({ kind: 'opened', contents: writer.contents(), position })
    afterCommit()
    sweepRest()
    maintenance.lookAtClock().catch((error: unknown) => trouble('the time could not be noted', error))
  }

  const areFilesThere = (): boolean => {
    if (files.areThere) return true
    tell({ kind: 'lost', message: files.rescue() })
    return false
  }

  const commitBatch = ({ entries, ...batch }: Batch): void => {
    if (shared !== undefined)
      return shared.submit({
        entries,
        stored: (outcomes, position) => tell({ kind: 'committed', outcomes: pack(outcomes), position }),
        refused: message => tell({ kind: 'failed', message, diskFull: false }),
      })
    try {
      const outcomes = writer.commit({ entries, ...batch })
      if (!areFilesThere()) return
      tell({ kind: 'committed', outcomes: pack(outcomes) })
      afterCommit()
    } catch (error) {
      tell({ kind: 'failed', message: messageOf(error), diskFull: isDiskFull(error) })
    }
  }

  const methods: WriterMethods = {
    async catchUp() {
      // Messages that come meanwhile are not waited for: they may never end. With a full disk, what is indexed is found.
      const { last } = writer
      try {
        while (writer.indexed < last && writer.indexMore()) await turn()
      } catch (error) {
        trouble('a search may miss the newest messages', error)
      }
    },
    async order() {
      while (writer.fillMore()) await turn()
      tellFilled()
    },
    erase: person => maintenance.erase(person),
    setRetention: (roomKey, retention) => maintenance.setRetention(roomKey, retention),
    acceptClock: () => maintenance.acceptClock(),
    retentions: () => maintenance.retentions(),
    setEpoch: epoch => maintenance.setEpoch(epoch),
    hurry: () => shared?.hurry(),
    turns: () => undefined,
    noteDeed: deed => maintenance.noteDeed(deed),
    renameRoom: (rename, deed) => maintenance.renameRoom(rename, deed),
    endRoom: (roomKey, deed) => maintenance.endRoom(roomKey, deed),
    sweepRoom: roomKey => maintenance.sweepRoom(roomKey),
    purge: () => writer.purge(),
    reachAll: async () => shared?.reachAll(),
    mark: async () => shared?.mark(),
    leave: () => shared?.leave() ?? Promise.reject(new Error('this log is not shared')),
    async close() {
      isClosed = true
      await shared?.close()
      clearTimeout(indexing)
      clearTimeout(purging)
      clearInterval(forgetting)
      try {
        // The next start has nothing to look through then.
        while (writer.fillMore());
      } catch (error) {
        trouble('the next start takes longer', error)
      }
      // A closed log has nothing in its write-ahead log; the file alone is a whole backup then.
      try {
        // A stop does not wait for a backup that reads.
        database.exec('PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE)')
      } catch (error) {
        // On a full disk the write-ahead log stays, and holds everything that was acknowledged.
        if (!isDiskFull(error)) throw error
      }
      database.close()
      noteCleanStop(start.file)
    },
  }

  port?.on('message', (message: ToThread) => {
    if (message.kind === 'calls') answerAll(methods, message.calls)
    else commitBatch(unpack(message.batch))
  })
  if (brokers === undefined) return opened()
  const listener: SharedLogListener = {
    others: (entries, outcomes) => {
      // Before that the main thread reads all of it from the file.
      if (shared !== undefined) tellOthers(entries, outcomes)
    },
    committed: () => {
      if (areFilesThere() && shared !== undefined) afterCommit()
    },
    alarm: message => tell({ kind: 'trouble', message }),
    figures: figures => tell({ kind: 'shared', figures }),
    fellBehind: message => {
      // An opening says it otherwise.
      if (shared !== undefined) tell({ kind: 'lost', message })
    },
  }
  // Loaded here: a log of its own does not need what speaks with brokers.
  void import('./openShared.ts')
    .then(({ openShared }) => openShared({ brokers, database, writer }, listener))
    .then(({ log, position }) => {
      shared = log
      opened(position)
    }, refuse)
}

function read(): void {
  const database = openForReading(start.file)
  const tail = new RoomTail(database)
  const reader = new Reader(database, tail)
  const searcher = new Searcher(database, tail)
  const own = new OwnEventsReader(database)
  const methods: ReaderMethods = {
    read: reader.read.bind(reader),
    missed: reader.missed.bind(reader),
    unread: reader.unread.bind(reader),
    mentionSeqs: reader.mentionSeqs.bind(reader),
    messages: reader.messages.bind(reader),
    newestRooms: reader.newestRooms.bind(reader),
    search: searcher.search.bind(searcher),
    ownEvents: own.ownEvents.bind(own),
    audit: (before, limit) => auditLines(database, before, limit),
    check: () => checkLog(database, start.file),
    close: () => database.close(),
  }
  port?.on('message', (message: ToThread) => {
    if (message.kind === 'calls') answerAll(methods, message.calls)
  })
  tell({ kind: 'opened' })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function begin(): void {
  try {
    explaining(start.file, start.role === 'writer' ? write : read)
  } catch (error) {
    refuse(error)
  }
}

/** Says why the log cannot be used; a bug ends the thread. */
function refuse(error: unknown): void {
  if (!(error instanceof UnusableFile) && !(error instanceof UnusableStream)) throw error
  tell({ kind: 'unusable', message: error.message })
}

/** A daemon may begin with a file that the brokers keep. */
async function takeBaseFrom(brokers: Brokers): Promise<void> {
  const { takeBase } = await import('./takeBase.ts')
  try {
    await takeBase(start.file, brokers, message => tell({ kind: 'trouble', message }))
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    throw new UnusableFile(`the disk of ${start.file} has no room for the base of the log: make room`)
  }
}

if (start.role === 'reader' || start.brokers === undefined) begin()
else void takeBaseFrom(start.brokers).then(begin, refuse)
