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
 * readers saw the order of the log; the projections are the same; and what was acknowledged before another message was said
 * stands before it.
 */
export function judge(history: History): Verdict {
  const { sent, daemons, readers } = history
  const acknowledged = sent.filter(({ seq }) => seq !== undefined)
  const [first] = daemons
  const broken = [
    ...(first === undefined ? ['there is no daemon'] : []),
    ...daemons.flatMap(daemon => [
      ...lost(daemon, acknowledged),
      ...doubled(daemon),
      ...brokenChains(daemon),
      ...timeTravel(daemon, acknowledged),
    ]),
    ...(first === undefined ? [] : readers.flatMap(reader => wrongOrder(reader, first))),
    ...daemons
      .filter(({ hash }) => hash !== first?.hash)
      .map(({ name }) => `${name} has another projection than ${first?.name}`),
  ]
  return {
    acknowledged: acknowledged.length,
    stored: first?.stored.length ?? 0,
    seen: readers.reduce((sum, { texts }) => sum + texts.length, 0),
    broken,
  }
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
