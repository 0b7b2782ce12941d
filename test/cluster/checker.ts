/** A message as one daemon stores it. */
export interface StoredMessage {
  readonly room: string
  readonly seq: number
  /** The seq of the room's event before it. */
  readonly prev: number
  readonly id: string
  readonly text: string
}

/** A message as its sender knows it; times in ms of one steady clock. */
interface SentMessage {
  readonly id: string
  /** The daemon that was told of it. */
  readonly daemon: string
  readonly sentAt: number
  /** The seq that it was told; undefined: it was told none. */
  readonly seq: number | undefined
  readonly acknowledgedAt: number | undefined
}

/** What one daemon has at the end. */
export interface DaemonHistory {
  readonly name: string
  readonly stored: readonly StoredMessage[]
  /** The hash of its projection. */
  readonly hash: string
}

/** One answer to a request for the newest page of a room. */
export interface HistoryRead {
  readonly reader: string
  /** The daemon that answered. */
  readonly daemon: string
  readonly room: string
  /** The newest seq of the page; 0: it was empty. */
  readonly newest: number
  readonly askedAt: number
}

/** What one reader was shown in a room, in that order. */
interface ReaderHistory {
  readonly name: string
  readonly room: string
  readonly texts: readonly string[]
}

/** All that happened in a run. */
export interface History {
  readonly sent: readonly SentMessage[]
  readonly daemons: readonly DaemonHistory[]
  readonly readers: readonly ReaderHistory[]
  /** In the order of the answers. */
  readonly reads: readonly HistoryRead[]
  /** The log was lost while people talked: a daemon may have less than another one, and nothing else. */
  readonly isLost?: boolean
}

/** What a run was: every promise holds where `broken` is empty. */
export interface Verdict {
  readonly acknowledged: number
  readonly stored: number
  readonly seen: number
  readonly broken: readonly string[]
}

/**
 * Judges a run: what was acknowledged is stored once and at its seq, on every daemon; each event names the one before it; all
 * readers saw the order of the log; the projections are the same; what was acknowledged before another message was said
 * stands before it; and no read shows less than an earlier one of its reader, also at another daemon, or than its daemon had
 * acknowledged before it.
 */
export function judge(history: History): Verdict {
  const { sent, daemons, readers, reads, isLost = false } = history
  const acknowledged = sent.filter(({ seq }) => seq !== undefined)
  // Of a log that was lost, the one that has most.
  const first = daemons.toSorted((a, b) => b.stored.length - a.stored.length)[0]
  const broken = [
    ...(first === undefined ? ['there is no daemon'] : []),
    ...daemons.flatMap(daemon => [
      ...lost(daemon, isLost ? acknowledged.filter(one => one.daemon === daemon.name) : acknowledged),
      ...doubled(daemon),
      ...brokenChains(daemon),
      ...timeTravel(daemon, acknowledged),
    ]),
    ...(first === undefined ? [] : readers.flatMap(reader => wrongOrder(reader, first))),
    ...readsBackwards(reads),
    ...(first === undefined ? [] : staleReads(reads, acknowledged, first)),
    ...(isLost
      ? daemons.filter(({ stored }) => !isBeginning(stored, first?.stored ?? []))
      : daemons.filter(({ hash }) => hash !== first?.hash)
    ).map(({ name }) => `${name} has another projection than ${first?.name}`),
  ]
  return {
    acknowledged: acknowledged.length,
    stored: first?.stored.length ?? 0,
    seen: readers.reduce((sum, { texts }) => sum + texts.length, 0),
    broken,
  }
}

function isBeginning(part: readonly StoredMessage[], whole: readonly StoredMessage[]): boolean {
  return part.every(({ seq, id, text }, at) => {
    const other = whole[at]
    return other?.seq === seq && other.id === id && other.text === text
  })
}

function lost({ name, stored }: DaemonHistory, acknowledged: readonly SentMessage[]): string[] {
  const seqs = new Map(stored.map(({ id, seq }) => [id, seq]))
  return acknowledged.flatMap(({ id, seq }) => {
    const has = seqs.get(id)
    if (has === seq) return []
    return [has === undefined ? `${name} lost ${id}` : `${name} has ${id} at ${has}, and ${seq} was told`]
  })
}

function doubled({ name, stored }: DaemonHistory): string[] {
  const seen = new Set<string>()
  return stored.flatMap(({ id }) => {
    if (seen.has(id)) return [`${name} has ${id} twice`]
    seen.add(id)
    return []
  })
}

function brokenChains({ name, stored }: DaemonHistory): string[] {
  return [...Map.groupBy(stored, ({ room }) => room)].flatMap(([room, messages]) =>
    messages.flatMap(({ seq, prev }, at) => {
      const before = messages[at - 1]?.seq ?? 0
      if (prev !== before) return [`${name}: ${seq} in ${room} names ${prev}, and ${before} is before it`]
      return seq > before ? [] : [`${name}: ${seq} in ${room} does not follow ${before}`]
    }),
  )
}

function wrongOrder({ name, room, texts }: ReaderHistory, { stored }: DaemonHistory): string[] {
  const seqs = new Map(stored.filter(message => message.room === room).map(({ text, seq }) => [text, seq]))
  let last = 0
  return texts.flatMap(text => {
    const seq = seqs.get(text)
    if (seq === undefined) return [`${name} saw "${text}" in ${room}, which is not stored`]
    const isRight = seq > last
    last = seq
    return isRight ? [] : [`${name} saw "${text}" in ${room} after a later one`]
  })
}

/** In the order of the log no message may stand before one that was acknowledged before it was said. */
function timeTravel({ name, stored }: DaemonHistory, acknowledged: readonly SentMessage[]): string[] {
  const times = new Map(acknowledged.map(one => [one.id, one]))
  const broken: string[] = []
  let newest: SentMessage | undefined
  for (const { id } of stored.toSorted((a, b) => a.seq - b.seq)) {
    const one = times.get(id)
    if (one === undefined) continue
    if (newest !== undefined && newest.sentAt > (one.acknowledgedAt ?? Number.POSITIVE_INFINITY))
      broken.push(`${name}: ${newest.id} stands before ${id}, which was acknowledged before it was said`)
    if (newest === undefined || one.sentAt > newest.sentAt) newest = one
  }
  return broken
}

/** A reader that has seen an event sees it from then on, wherever it reads. */
function readsBackwards(reads: readonly HistoryRead[]): string[] {
  const before = new Map<string, HistoryRead>()
  return reads.flatMap(read => {
    const key = `${read.reader} ${read.room}`
    const earlier = before.get(key)
    if (earlier === undefined || read.newest >= earlier.newest) {
      before.set(key, read)
      return []
    }
    const where =
      earlier.daemon === read.daemon
        ? `again at ${read.daemon}`
        : `at ${earlier.daemon}, then at ${read.daemon}`
    return [
      `${read.reader} read ${read.room} up to ${earlier.newest}, and later up to ${read.newest}: ${where}`,
    ]
  })
}

/** What a daemon has acknowledged is in each answer to what it is asked afterwards. */
function staleReads(
  reads: readonly HistoryRead[],
  acknowledged: readonly SentMessage[],
  { stored }: DaemonHistory,
): string[] {
  const rooms = new Map(stored.map(({ id, room }) => [id, room]))
  const placeOf = (daemon: string, room: string | undefined): string => `${daemon} ${room}`
  const told = Map.groupBy(
    acknowledged.toSorted((a, b) => (a.acknowledgedAt ?? 0) - (b.acknowledgedAt ?? 0)),
    ({ daemon, id }) => placeOf(daemon, rooms.get(id)),
  )
  return [...Map.groupBy(reads, ({ daemon, room }) => placeOf(daemon, room))].flatMap(([place, of]) => {
    const messages = told.get(place) ?? []
    let at = 0
    let newest = 0
    return of
      .toSorted((a, b) => a.askedAt - b.askedAt)
      .flatMap(read => {
        for (; at < messages.length; at++) {
          const message = messages[at]
          if ((message?.acknowledgedAt ?? Number.POSITIVE_INFINITY) >= read.askedAt) break
          newest = Math.max(newest, message?.seq ?? 0)
        }
        if (read.newest >= newest) return []
        return [
          `${read.reader} read ${read.room} up to ${read.newest} at ${read.daemon}, which had acknowledged ${newest}`,
        ]
      })
  })
}
