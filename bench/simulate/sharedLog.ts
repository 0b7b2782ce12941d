import { percentile } from '../figures.ts'
import type { Costs } from './costs.ts'
import { Agenda, Thread } from './events.ts'
import { Random } from './random.ts'

/** As in `src/server/log/sqlite`: what goes into one message of the stream, and into one transaction. */
export const ENTRIES_AT_ONCE = 512

/** A stream, and the daemons that write to it and fold it. */
export interface SharedLogLoad {
  /** Daemons that write to the stream and fold it. */
  readonly writers: number
  /** Daemons that fold and write nothing, and daemons that write and hear of their own entries without folding. */
  readonly followers?: number
  readonly edges?: number
  /** Each daemon that writes has so many entries on their way, and adds one when one is settled; undefined: they come by chance, */
  readonly inFlight?: number
  /** so many a second from all of them. */
  readonly perSecond?: number
  readonly seconds: number
  readonly seed?: number
}

/** What a {@link SharedLogLoad} came to. */
export interface SharedLogResult {
  /** Entries settled, of all writers, a second. */
  readonly perSecond: number
  /** From an entry to its settling at its own daemon, seconds. */
  readonly p50: number
  readonly p99: number
  /** From an entry to its commit at the last daemon that folds, seconds. */
  readonly elsewhereP50: number
  readonly elsewhereP99: number
  /** Entries in an envelope. */
  readonly batch: number
  /** The share of the time in which the busiest writing thread, and the stream, worked. */
  readonly foldBusy: number
  readonly streamBusy: number
}

interface Daemon {
  readonly thread: Thread
  readonly writes: boolean
  readonly folds: boolean
  /** When each entry came that is not on its way yet. */
  readonly waiting: number[]
  isSending: boolean
  /** Messages of the stream that it has not folded. */
  readonly inbox: Envelope[]
  isFolding: boolean
}

interface Envelope {
  readonly writer: Daemon
  /** When each of its entries came. */
  readonly came: readonly number[]
  /** How many daemons have to fold it. */
  left: number
}

/**
 * The way of entries through a stream, one after the other: a daemon has one envelope on its way, the stream takes one message
 * after the other and syncs it, every folding daemon commits it, and the next envelope has what came meanwhile.
 */
export function simulateSharedLog(load: SharedLogLoad, costs: Costs): SharedLogResult {
  return new SharedLogRun(load, costs).run()
}

class SharedLogRun {
  readonly #load: SharedLogLoad
  readonly #costs: Costs
  readonly #agenda = new Agenda()
  readonly #random: Random
  readonly #stream: Thread
  readonly #daemons: readonly Daemon[]
  readonly #folding: readonly Daemon[]
  readonly #settled: number[] = []
  readonly #elsewhere: number[] = []
  #envelopes = 0
  #warm = 0

  constructor(load: SharedLogLoad, costs: Costs) {
    this.#load = load
    this.#costs = costs
    this.#random = new Random(load.seed ?? 1)
    this.#stream = new Thread(this.#agenda)
    const { writers, followers = 0, edges = 0 } = load
    const daemons = (count: number, writes: boolean, folds: boolean): Daemon[] =>
      Array.from({ length: count }, () => ({
        thread: new Thread(this.#agenda),
        writes,
        folds,
        waiting: [],
        isSending: false,
        inbox: [],
        isFolding: false,
      }))
    this.#daemons = [
      ...daemons(writers, true, true),
      ...daemons(followers, false, true),
      ...daemons(edges, true, false),
    ]
    this.#folding = this.#daemons.filter(({ folds }) => folds)
  }

  run(): SharedLogResult {
    const { seconds, inFlight = 0, perSecond } = this.#load
    this.#warm = seconds / 5
    const writing = this.#daemons.filter(({ writes }) => writes)
    for (const daemon of writing) {
      for (let n = 0; n < inFlight; n++) this.#enter(daemon)
      if (perSecond !== undefined) this.#arrivals(daemon, perSecond / writing.length)
    }
    this.#agenda.run(seconds)
    const settled = this.#settled.sort((a, b) => a - b)
    const elsewhere = this.#elsewhere.sort((a, b) => a - b)
    return {
      perSecond: settled.length / (seconds - this.#warm),
      p50: percentile(settled, 50),
      p99: percentile(settled, 99),
      elsewhereP50: percentile(elsewhere, 50),
      elsewhereP99: percentile(elsewhere, 99),
      batch: settled.length / this.#envelopes,
      foldBusy: Math.max(...this.#daemons.map(({ thread }) => thread.busy)) / seconds,
      streamBusy: this.#stream.busy / seconds,
    }
  }

  #arrivals(writer: Daemon, rate: number): void {
    this.#agenda.after(this.#random.exponential(rate), () => {
      this.#enter(writer)
      this.#arrivals(writer, rate)
    })
  }

  #enter(writer: Daemon): void {
    writer.waiting.push(this.#agenda.now)
    this.#send(writer)
  }

  #send(writer: Daemon): void {
    if (writer.isSending || writer.waiting.length === 0) return
    writer.isSending = true
    // What comes in the same moment goes together.
    this.#agenda.after(0, () => {
      const came = writer.waiting.splice(0, ENTRIES_AT_ONCE)
      const envelope: Envelope = { writer, came, left: this.#folding.length }
      const { streamMessage, publish, publishSlowest, publishEntry } = this.#costs
      this.#stream.work(streamMessage, () => {
        const wait = this.#random.waiting(publish, publishSlowest) + publishEntry * envelope.came.length
        this.#agenda.after(wait, () => this.#ordered(envelope))
      })
    })
  }

  #ordered(envelope: Envelope): void {
    this.#agenda.after(this.#costs.tail, () => {
      for (const daemon of this.#folding) {
        daemon.inbox.push(envelope)
        this.#fold(daemon)
      }
      if (!envelope.writer.folds) this.#settle(envelope)
    })
  }

  /** Commits what has come, as much as goes into one transaction. */
  #fold(daemon: Daemon): void {
    if (daemon.isFolding || daemon.inbox.length === 0) return
    daemon.isFolding = true
    const together: Envelope[] = []
    let entries = 0
    while (entries < ENTRIES_AT_ONCE) {
      const next = daemon.inbox.shift()
      if (next === undefined) break
      together.push(next)
      entries += next.came.length
    }
    const { foldTransaction, foldEntry } = this.#costs
    daemon.thread.work(foldTransaction + foldEntry * entries, () => {
      for (const envelope of together) {
        if (--envelope.left === 0) this.#note(envelope, this.#elsewhere)
        if (envelope.writer === daemon) this.#settle(envelope)
      }
      daemon.isFolding = false
      this.#fold(daemon)
    })
  }

  #settle(envelope: Envelope): void {
    const { writer, came } = envelope
    if (this.#agenda.now >= this.#warm) this.#envelopes++
    this.#note(envelope, this.#settled)
    writer.isSending = false
    if (this.#load.inFlight !== undefined) for (const _ of came) writer.waiting.push(this.#agenda.now)
    this.#send(writer)
  }

  #note({ came }: Envelope, times: number[]): void {
    if (this.#agenda.now < this.#warm) return
    for (const at of came) times.push(this.#agenda.now - at)
  }
}
