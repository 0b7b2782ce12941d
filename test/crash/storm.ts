import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ChatClient } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import type { TimelineEntry } from '../../src/client/timelineEntry.ts'
import type { AccountContents } from '../../src/server/log/accounts.ts'
import { openSqliteLog } from '../../src/server/log/sqlite/sqliteLog.ts'
import { RoughLine } from '../roughLine.ts'
import { type Exported, KillableDaemon } from './daemon.ts'
import { KillableSpeaker } from './killableSpeaker.ts'
import { Owner } from './owner.ts'
import { Reader, Sender } from './people.ts'
import { until, wait } from './waiting.ts'

const ROOMS = ['dev', 'ops']
const SPEAKERS_ROOM = 'diary'
const DAY_MS = 24 * 60 * 60_000

/** How a storm is made. */
export interface StormOptions {
  /** The data directory; empty. */
  readonly directory: string
  /** How often the daemon is killed. */
  readonly kills: number
  /** The longest time between its start and its death, ms. Its clock goes back by up to a day at each start. */
  readonly longest: number
  readonly random: () => number
  /** The probability, 0 to 1, that a chunk on half of the connections is cut in its middle and both ends are reset. */
  readonly cut: number
  readonly progress?: (sentence: string) => void
}

/** The result. Every promise holds if `broken` is empty. */
export interface StormReport {
  readonly kills: number
  readonly clientKills: number
  readonly cuts: number
  readonly sent: number
  readonly acknowledged: number
  readonly stored: number
  readonly seen: number
  /** Tokens and accounts that were acknowledged. */
  readonly accounts: number
  readonly broken: readonly string[]
}

/**
 * Senders and readers at full speed, and `kill -9` of the daemon and of a client at random moments, lines cut at random
 * bytes, and a clock that goes back. Afterwards every acknowledged message is in the log once, and so is all that the
 * killed client showed as sent, in order; every message that a client saw is in the log in the order in which it was seen, and
 * the timelines of clients equal the log.
 */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { directory, kills, longest, random, cut, progress = () => undefined } = options
  const state = join(directory, 'speaker')
  mkdirSync(state)
  const daemon = new KillableDaemon(join(directory, 'data'))
  await daemon.start()
  const line = await RoughLine.before(daemon.port, { random, cut, delay: 0, halve: 0.1 })
  // One of each kind has a line that breaks.
  const ports = [(): number => daemon.port, (): number => line.port] as const
  const speaker = new KillableSpeaker(state, ports[0], SPEAKERS_ROOM)
  const senders = ports.map((port, at) => new Sender(port, ['ann', 'ben'][at] ?? '', ROOMS, 64))
  const readers = ports.map((port, at) => new Reader(port, ['rea', 'rob'][at] ?? '', ROOMS))
  const clients = ports.map((port, at) => {
    const username = ['cleo', 'carl'][at] ?? ''
    return createClient({ host: '127.0.0.1', port: port(), username, clientName: 'storm', rooms: ROOMS })
  })
  // One over a line that breaks, one over a whole one.
  const owners = ports.map((port, at) => new Owner(port, ['owen', 'olga'][at] ?? ''))
  try {
    speaker.start()
    for (const one of [...senders, ...readers, ...clients, ...owners]) one.start()
    for (let kill = 1; kill <= kills; kill++) {
      await wait(random() * longest)
      for (const client of clients) client.say(ROOMS[kill % ROOMS.length] ?? '', `after ${kill - 1} kills`)
      await wait(random() * 20)
      await daemon.end('SIGKILL')
      if (random() < 0.5) await speaker.kill()
      await daemon.start({ clockShift: -Math.floor(random() * DAY_MS) })
      if (kill % 10 === 0) progress(`${kill} kills, ${total(senders.map(sender => sender.sent))} sends`)
    }
    line.calm()
    await until('every sender has its answers', () => senders.every(sender => sender.isDone))
    for (const client of clients) client.reconnectNow()
    await until('every client has sent what it had to say', () => clients.every(client => !client.hasUnsent))
    await speaker.finish()
    await Promise.all(owners.map(owner => owner.finish()))
    const { broken, ...counts } = await compare(daemon, senders, readers, clients, kills)
    const spoken = await daemon.export(SPEAKERS_ROOM)
    const kept = await accountsIn(join(directory, 'data'), daemon)
    return {
      ...counts,
      accounts: owners.reduce((sum, owner) => sum + owner.acknowledged, 0),
      clientKills: speaker.kills,
      cuts: line.cuts,
      sent: counts.sent + speaker.said.length,
      stored: counts.stored + spoken.length,
      acknowledged: counts.acknowledged + spoken.length,
      broken: [
        ...broken,
        ...speakerProblems(speaker.said, spoken),
        ...owners.flatMap(owner => owner.problems(kept)),
      ],
    }
  } finally {
    for (const one of [...senders, ...readers, ...owners]) one.end()
    await Promise.all(clients.map(client => client.close()))
    await speaker.end()
    await daemon.end('SIGKILL')
    line.close()
  }
}

/** The accounts on the disk, after one more kill. */
async function accountsIn(data: string, daemon: KillableDaemon): Promise<AccountContents> {
  await daemon.end('SIGKILL')
  const opened = await openSqliteLog(join(data, 'chatd.db'))
  if (!opened.ok) throw new Error(opened.error)
  const kept = opened.value.keptAccounts()
  await opened.value.close()
  return kept
}

async function compare(
  daemon: KillableDaemon,
  senders: readonly Sender[],
  readers: readonly Reader[],
  clients: readonly ChatClient[],
  kills: number,
): Promise<Omit<StormReport, 'clientKills' | 'cuts' | 'accounts'>> {
  const broken = senders.flatMap(sender => sender.wrong)
  const byId = new Map<string, number>()
  const said = kills * clients.length
  let stored = 0
  for (const room of ROOMS) {
    const log = await daemon.export(room)
    stored += log.length
    broken.push(...chainProblems(room, log))
    for (const { id, seq } of log) {
      if (byId.has(id)) broken.push(`${id} is stored twice`)
      byId.set(id, seq)
    }
    for (const reader of readers) broken.push(...orderProblems(room, log, reader.seen.get(room) ?? []))
    for (const client of clients) {
      const view = client.rooms.get(room)
      await until(
        'a client has caught up',
        () => view?.timeline.at(-1)?.kind === 'message' && lastSeq(view.timeline) === log.at(-1)?.seq,
      )
      broken.push(...timelineProblems(room, log, view?.timeline ?? []))
    }
  }
  for (const sender of senders) {
    for (const [id, seq] of sender.acknowledged) {
      if (byId.get(id) !== seq) broken.push(`${id} was acknowledged as ${seq} and is ${byId.get(id)}`)
    }
  }
  const acknowledged = total(senders.map(sender => sender.acknowledged.size)) + said
  if (stored !== acknowledged) broken.push(`${stored} events are stored, ${acknowledged} were acknowledged`)
  const { text: health } = await daemon.check()
  if (!health.startsWith('integrity: ok')) broken.push(health)
  return {
    kills,
    sent: total(senders.map(sender => sender.sent)) + said,
    acknowledged,
    stored,
    seen: total(readers.flatMap(reader => [...reader.seen.values()].map(texts => texts.length))),
    broken,
  }
}

/** All that was said is stored once, in the order in which it was said. */
function speakerProblems(said: readonly string[], log: readonly Exported[]): string[] {
  const stored = log.map(({ message = '' }) => message)
  const places = new Map(stored.map((message, at) => [message, at]))
  const doubled = stored.length === places.size ? [] : ['something of the killed client is stored twice']
  const lost = said.filter(message => !places.has(message)).map(message => `"${message}" is lost`)
  const order = said.map(message => places.get(message) ?? -1)
  const turned = order.some((at, i) => at < (order[i - 1] ?? -1))
    ? ['what the killed client said is out of order']
    : []
  return [...doubled, ...lost, ...turned, ...chainProblems(SPEAKERS_ROOM, log)]
}

function chainProblems(room: string, log: readonly Exported[]): string[] {
  return log.flatMap((event, i) => {
    const before = log[i - 1]?.seq ?? 0
    return event.prev === before && event.seq > before
      ? []
      : [`${room}: ${event.seq} does not follow ${before}`]
  })
}

/** Checks that seen messages are in the log, in its order; a plain reader misses messages while it is away. */
function orderProblems(room: string, log: readonly Exported[], seen: readonly string[]): string[] {
  const places = new Map<string, number[]>()
  for (const { message = '', seq } of log) places.set(message, [...(places.get(message) ?? []), seq])
  let last = 0
  return seen.flatMap(message => {
    const seq = places.get(message)?.find(place => place > last)
    if (seq === undefined) return [`${room}: "${message}" was seen after ${last} and is not in the log there`]
    last = seq
    return []
  })
}

/** A timeline holds every event of the log from its first on, but for what it says that it leaves out. */
function timelineProblems(
  room: string,
  log: readonly Exported[],
  timeline: readonly TimelineEntry[],
): string[] {
  const gaps = timeline.filter(entry => entry.kind === 'gap')
  const messages = timeline.filter(entry => entry.kind === 'message')
  const first = timeline[0]?.kind === 'gap' ? timeline[0].after + 1 : (messages[0]?.seq ?? 0)
  const expected = log.filter(
    ({ seq }) => seq >= first && !gaps.some(gap => seq > gap.after && seq < gap.before),
  )
  const shown = messages.map(({ seq, text }) => `${seq} ${text}`)
  const wanted = expected.map(({ seq, message }) => `${seq} ${message}`)
  const at = wanted.findIndex((line, i) => line !== shown[i])
  if (at === -1 && shown.length === wanted.length) return []
  return [`${room}: a timeline has "${shown[at]}" where the log has "${wanted[at]}"`]
}

function lastSeq(timeline: readonly TimelineEntry[]): number | undefined {
  const last = timeline.at(-1)
  return last?.kind === 'message' ? last.seq : undefined
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
