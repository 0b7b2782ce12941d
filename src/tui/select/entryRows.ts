/** Entries of the timeline and the outbox as rows. Each entry is cleaned and wrapped once for a width and then kept. */

import type { OutboxEntry } from '../../client/outbox.ts'
import type { GapEntry, MessageEntry, TimelineEntry } from '../../client/timelineEntry.ts'
import { foldName, mentions } from '../../protocol/names.ts'
import { hint } from '../input/bindings.ts'
import type { Clock } from '../model/clock.ts'
import type { Note } from '../model/state.ts'
import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'
import type { HueBook } from '../text/hues.ts'
import type { Body } from './bodyRows.ts'
import { type Columns, HANG } from './columns.ts'
import {
  type Head,
  hung,
  longNameRow,
  messageRows,
  NO_HEAD,
  quoteRow,
  reactionRows,
  remarkRows,
  type Sender,
  textRows,
} from './messageRows.ts'
import type { ShownMessage } from './pending.ts'
import { blanks, cutRow, type Row, span } from './row.ts'
import { labelledRule } from './rule.ts'
import type { Tone } from './theme.ts'

const NOTHING = clean``
const SENDING = span(clean`… sending`, 'dim')
const WAITING = span(clean`… waiting`, 'dim')
const SAVING = span(clean`… saving`, 'dim')
const FAILED = span(clean`✗`, 'error')
/** Stands along a whole message that mentions us. */
const MENTION_BAR = span(clean`▐`, 'badge')
const REMARK = span(clean`·`, 'dim')

/** Everything beside the entry that decides how its rows look. */
export type Setting = {
  readonly columns: Columns
  readonly clock: Clock
  /** Our name, as it is shown. */
  readonly me: string
  readonly hues: HueBook
}

/** Whether the row above already shows the same name, and the same time. */
export type Repeated = {
  readonly name: boolean
  readonly time: boolean
  /** Whether a long name is cut rather than given a row of its own. */
  readonly isCut?: boolean
}

/** The identity of an entry, for as long as it is in the timeline. */
export function entryKey(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'message':
      return `m${entry.id}`
    case 'topic':
      return `t${entry.seq}/${entry.ts}`
    case 'gap':
      return `g${entry.before}`
    case 'restart':
      return `r${entry.ts}`
  }
}

type Kept = {
  readonly setting: Setting
  readonly flags: number
  readonly answered: MessageEntry | undefined
  readonly rows: readonly Row[]
}

/** Rows are kept for at least so many entries, some screens of scrolling, and for at most twice as many. */
const KEPT = 1_000

// One width at a time: a resize makes only the visible rows again. Two generations: rows that were not used while a
// thousand others were made are dropped.
let recent = new Map<object, Kept>()
let former = new Map<object, Kept>()

function keeping(
  entry: object,
  setting: Setting,
  flags: number,
  make: () => readonly Row[],
  answered?: MessageEntry,
): readonly Row[] {
  const known = recent.get(entry) ?? former.get(entry)
  const isRight =
    known !== undefined && known.setting === setting && known.flags === flags && known.answered === answered
  const found = isRight ? known : { setting, flags, answered, rows: make() }
  if (recent.size >= KEPT) {
    former = recent
    recent = new Map()
  }
  recent.set(entry, found)
  return found.rows
}

const flagsOf = ({ name, time, isCut }: Repeated, isOpened = false): number =>
  (name ? 1 : 0) + (time ? 2 : 0) + (isCut === true ? 4 : 0) + (isOpened ? 8 : 0)

/** What an entry is shown with, beside what it holds. */
export type Circumstances = {
  readonly repeats: Repeated
  /** The message that a message answers; undefined also if it is not loaded. */
  readonly answered?: MessageEntry | undefined
  /** Whether the user opened a long message. */
  readonly isOpened?: boolean
}

/** The rows of an entry of the timeline; at least one. Kept: the same array for the same arguments. */
export function entryRows(
  entry: ShownEntry,
  setting: Setting,
  { repeats, answered, isOpened = false }: Circumstances,
): readonly Row[] {
  const make = (): readonly Row[] => {
    const { columns, clock } = setting
    switch (entry.kind) {
      case 'message':
        return timelineMessage(entry, setting, repeats, answered, isOpened)
      case 'topic': {
        const head: Head = { time: clock.time(entry.ts), name: undefined, mark: REMARK }
        return remarkRows(head, topicText(entry.from, entry.topic), 'dim', columns)
      }
      case 'gap':
        return [labelledRule(gapText(entry), 'dim', columns)]
      case 'restart':
        return [
          labelledRule(clean`the server started a new log at ${clock.time(entry.ts)}`, 'warning', columns),
          labelledRule(clean`the messages above are kept only here`, 'dim', columns),
        ]
    }
  }
  return keeping(entry, setting, flagsOf(repeats, isOpened), make, answered)
}

/** An entry as it is shown. */
type ShownEntry = Exclude<TimelineEntry, MessageEntry> | ShownMessage

function timelineMessage(
  entry: ShownMessage,
  setting: Setting,
  repeats: Repeated,
  answered: MessageEntry | undefined,
  isOpened: boolean,
): readonly Row[] {
  const { columns, clock, me, hues } = setting
  const isOurs = foldName(entry.from) === foldName(me)
  const { text } = entry
  const isMention = !isOurs && text !== undefined && mentions(text, me)
  const head: Head = {
    time: repeats.time ? NOTHING : clock.time(entry.ts),
    name: senderOf(entry.from, setting, repeats, entry.guest === true),
    mark: isMention ? MENTION_BAR : undefined,
    isBarred: isMention,
  }
  if (text === undefined) return remarkRows(head, deletedText(entry, clock), 'dim', columns)
  const suffix = entry.edited === undefined ? NOTHING : clean`(edited)`
  const state = entry.isChanging === true ? SAVING : undefined
  const quote = entry.replyTo === undefined ? undefined : quoteRow(answered, hues, columns.text)
  const body = { text, tone: 'text', me: isOurs ? '' : me, suffix, state } as const
  const rows = messageRows(head, body, hues, columns, quote)
  const about = joinClean(
    [suffix, state?.text ?? NOTHING].filter(part => part !== ''),
    clean` `,
  )
  return [...folded(rows, isOpened, about, columns), ...reactionRows(entry.reactions, me, columns)]
}

/** The row above a message whose name is too long for its column; undefined where there is none. */
export function nameRowOf(
  { from, guest }: Pick<MessageEntry, 'from' | 'guest'>,
  setting: Setting,
  repeats: Repeated,
): Row | undefined {
  const sender = senderOf(from, setting, repeats, guest === true)
  return sender === undefined ? undefined : longNameRow(sender, setting.columns)
}

function senderOf(
  from: string,
  { hues }: Setting,
  { name, isCut = false }: Repeated,
  isGuest = false,
): Sender | undefined {
  return name ? undefined : { from, tone: `name.${hues.of(from)}`, isGuest, isCut }
}

/** A message with more rows than this is folded to its first rows. */
const LONG = 20
const SHOWN_OF_LONG = 10
const OPENS = clean`${cleanLine(hint('selection.open').key)}, ${cleanLine(hint('selection.fold').key)}`

/** A long message in a few rows, and a row that counts the others. @param about what stands at the end of the message */
function folded(rows: readonly Row[], isOpened: boolean, about: CleanText, columns: Columns): readonly Row[] {
  if (rows.length <= LONG) return rows
  const hidden = rows.length - SHOWN_OF_LONG
  const indent = span(blanks(HANG))
  if (isOpened)
    return [...rows, ...hung(NO_HEAD, [[indent, span(clean`▾ ${OPENS} folds it`, 'dim')]], columns)]
  const more = span(clean`▸ ${hidden} more rows (${OPENS})`, 'here')
  const row = cutRow(
    about === '' ? [indent, more] : [indent, more, span(clean`  ${about}`, 'dim')],
    columns.text,
  )
  return [...rows.slice(0, SHOWN_OF_LONG), ...hung(NO_HEAD, [row], columns)]
}

/** `message deleted at 14:02`, with the user if another one deleted it, and with the day if that differs. */
function deletedText({ from, ts, deleted }: ShownMessage, clock: Clock): CleanText {
  // The deletion is not acknowledged yet.
  if (deleted === undefined) return clean`deleting…`
  const by = foldName(deleted.by) === foldName(from) ? NOTHING : clean` by ${cleanLine(deleted.by)}`
  const isSameDay = clock.day(deleted.ts) === clock.day(ts)
  const when = isSameDay ? NOTHING : clean` on ${clock.dayLabel(deleted.ts)}`
  return clean`message deleted${by}${when} at ${clock.time(deleted.ts)}`
}

function topicText(from: string, topic: string): CleanText {
  const name = cleanLine(from)
  return topic === '' ? clean`${name} removed the topic` : clean`${name} set the topic: ${cleanLine(topic)}`
}

function gapText(gap: GapEntry): CleanText {
  if (gap.reason === 'expired') return clean`older messages are no longer kept`
  // Seqs are not dense, so this is an upper bound.
  const most = Math.max(1, gap.before - gap.after - 1)
  const what = most === 1 ? clean`1 message` : clean`up to ${most} messages`
  return gap.loading ? clean`${what} not loaded — loading…` : clean`${what} not loaded`
}

/** The rows of an outbox entry; none for a pending change, which shows at its message. */
export function outboxRows(
  entry: OutboxEntry,
  setting: Setting,
  repeats: Repeated,
  answered?: MessageEntry,
): readonly Row[] {
  const make = (): readonly Row[] => {
    const { columns, clock, me, hues } = setting
    const { state, request } = entry
    const time = clock.time(state.status === 'sent' ? state.ts : entry.ts)
    const mark = state.status === 'failed' ? FAILED : undefined
    const tone: Tone = state.status === 'sent' || state.status === 'failed' ? 'text' : 'dim'
    const remarked = (text: CleanText): readonly Row[] =>
      remarkRows({ time, name: undefined, mark: mark ?? REMARK }, text, 'dim', columns)
    const rowsOf = (): readonly Row[] => {
      switch (request.action) {
        case 'chat': {
          const quote = request.replyTo === undefined ? undefined : quoteRow(answered, hues, columns.text)
          const head = { time: repeats.time ? NOTHING : time, name: senderOf(me, setting, repeats), mark }
          const body = { text: request.message, tone, me: '', suffix: NOTHING, state: stateOf(entry) }
          return messageRows(head, body, hues, columns, quote)
        }
        case 'topic':
          return remarked(topicText(me, request.topic))
        // A pending change shows at its message.
        case 'edit':
          return state.status === 'failed' ? remarked(clean`edit: ${cleanLine(request.message)}`) : []
        case 'delete':
          return state.status === 'failed' ? remarked(clean`deletion of a message`) : []
        case 'react':
          return state.status === 'failed' ? remarked(clean`reaction ${cleanLine(request.emoji)}`) : []
      }
    }
    const rows = rowsOf()
    if (state.status !== 'failed') return rows
    const advice = clean`not sent: ${cleanLine(state.message)} — /retry or /discard`
    return [...rows, ...remarkRows(NO_HEAD, advice, 'error', columns)]
  }
  return keeping(entry, setting, flagsOf(repeats), make, answered)
}

/** What becomes of a message of ours; nothing is said once it is sent. */
function stateOf({ state }: OutboxEntry): Body['state'] {
  if (state.status === 'sent' || state.status === 'failed') return undefined
  return state.status === 'sending' ? SENDING : WAITING
}

/** The rows of a note of the program. */
export function noteRows(note: Note, setting: Setting): readonly Row[] {
  return keeping(note, setting, 0, () => {
    const { columns, clock } = setting
    const isError = note.tone === 'error'
    const head: Head = { time: clock.time(note.ts), name: undefined, mark: isError ? FAILED : REMARK }
    const rows = note.lines.flatMap(line => textRows(line, isError ? 'error' : 'dim', columns))
    return hung(head, rows, columns)
  })
}

/** Names in one line: `alice, bob and carol`. */
export function listing(names: readonly CleanText[]): CleanText {
  const last = names.at(-1)
  if (last === undefined) return NOTHING
  return names.length === 1 ? last : clean`${joinClean(names.slice(0, -1), clean`, `)} and ${last}`
}
