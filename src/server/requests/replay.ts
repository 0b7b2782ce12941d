import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { MAX_REPLAY_BYTES, MAX_REPLAY_EVENTS, NEWEST_AFTER_GAP } from '../../protocol/limits.ts'
import type { Gap } from '../../protocol/responses.ts'
import { type Page, presentEvent } from '../log/log.ts'
import type { Member } from '../rooms/room.ts'
import { Line } from '../transport/line.ts'
import type { Client } from './client.ts'
import type { Conversation } from './conversation.ts'

/** How much of a replay is read and sent at a time. */
const REPLAY_PAGE_EVENTS = 200
const REPLAY_PAGE_BYTES = 64 * 1024
/** How long a replay waits for a slow reader before it looks again, ms. */
const REPLAY_WAIT = 20

/** Feeds a new member the events after a position, then makes it live. Resolves when the beginning is decided. */
export async function replay(
  client: Client,
  member: Member,
  conversation: Conversation,
  since: number,
): Promise<void> {
  const done = client.expectAnswer()
  try {
    const beginning = await begin(client, member, conversation, since)
    member.cursor = beginning.from
    void feed(client, member, conversation, beginning.page).catch((error: unknown) =>
      client.connection.failed(error),
    )
  } finally {
    done()
  }
}

/** Where a replay begins. */
interface Beginning {
  /** The position from which events follow. */
  readonly from: number
  /** The first events after it, where they are read already. */
  readonly page?: Page
}

/** Sends a `gap` where events are left out. */
async function begin(
  client: Client,
  member: Member,
  conversation: Conversation,
  since: number,
): Promise<Beginning> {
  const { log } = client.services
  const { key, name: room } = conversation
  const head = log.head(key)
  if (head === undefined) return { from: since }
  const gap = (after: number, before: number, reason: Gap['reason']): void =>
    client.sendFrame({ action: 'gap', room, after, before, reason })
  let from = since
  if (since < head.firstPrev) {
    gap(since, head.first, 'expired')
    from = head.first - 1
  }
  // After a restart all come at once, to rooms in which little or nothing was said: the log is asked once, or not at all.
  if (from >= member.room.last) return { from }
  const page = await readPage(client, conversation, from)
  if (!page.moreAfter) return { from, page }
  const bounds = { events: MAX_REPLAY_EVENTS, bytes: MAX_REPLAY_BYTES }
  const missed = await log.missed(key, from, bounds, client.share)
  if (missed.events <= MAX_REPLAY_EVENTS && missed.bytes <= MAX_REPLAY_BYTES) return { from, page }
  const range = {
    before: member.room.last + 1,
    floor: from,
    limit: NEWEST_AFTER_GAP,
    maxBytes: MAX_REPLAY_BYTES,
  }
  const newest = await log.read(key, range, client.share)
  const first = newest.events[0]?.seq ?? from + 1
  if (newest.moreBefore) gap(from, first, 'long')
  return { from: first - 1 }
}

function readPage(client: Client, { key }: Conversation, after: number): Promise<Page> {
  const range = { after, limit: REPLAY_PAGE_EVENTS, maxBytes: REPLAY_PAGE_BYTES }
  return client.services.log.read(key, range, client.share)
}

/** @param read the events after the member's cursor, where they are read already */
async function feed(client: Client, member: Member, conversation: Conversation, read?: Page): Promise<void> {
  let first = read
  const { room } = member
  const done = client.expectAnswer()
  try {
    // A second `joinroom` or a `leaveroom` replaces this member.
    const isCurrent = (): boolean =>
      client.memberships.get(conversation.key) === member && member.index === -1
    while (isCurrent()) {
      if (member.cursor >= room.last) {
        room.goLive(member)
        return
      }
      if (client.connection.outbound.leftOver > REPLAY_PAGE_BYTES) {
        await wait(REPLAY_WAIT)
        continue
      }
      const page = first ?? (await readPage(client, conversation, member.cursor))
      first = undefined
      if (!isCurrent()) return
      for (const event of page.events) {
        // Committed but not yet handed to live members: then this member is live too, or reads on.
        if (event.seq > room.last) break
        client.send(Line.of(presentEvent(event, conversation.name, conversation.floor)))
        member.cursor = event.seq
      }
      // The log no longer holds the events between: nothing is left to feed.
      if (page.events.length === 0) member.cursor = room.last
      // Each page is a tick of its own, so that it counts as left over before the next is read.
      await turn()
    }
  } finally {
    done()
  }
}
