import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { MAX_REPLAY_BYTES, MAX_REPLAY_EVENTS, NEWEST_AFTER_GAP } from '../../protocol/limits.ts'
import type { Gap } from '../../protocol/responses.ts'
import { presentEvent } from '../log/log.ts'
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
    member.cursor = await leaveOut(client, member, conversation, since)
    void feed(client, member, conversation).catch((error: unknown) => client.connection.failed(error))
  } finally {
    done()
  }
}

/** Sends a `gap` where events are left out; the position from which events follow. */
async function leaveOut(
  client: Client,
  member: Member,
  conversation: Conversation,
  since: number,
): Promise<number> {
  const { log } = client.services
  const { key, name: room } = conversation
  const head = log.head(key)
  if (head === undefined) return since
  const gap = (after: number, before: number, reason: Gap['reason']): void =>
    client.sendFrame({ action: 'gap', room, after, before, reason })
  let from = since
  if (since < head.firstPrev) {
    gap(since, head.first, 'expired')
    from = head.first - 1
  }
  const bounds = { events: MAX_REPLAY_EVENTS, bytes: MAX_REPLAY_BYTES }
  const missed = await log.missed(key, from, bounds, client.share)
  if (missed.events <= MAX_REPLAY_EVENTS && missed.bytes <= MAX_REPLAY_BYTES) return from
  const range = {
    before: member.room.last + 1,
    floor: from,
    limit: NEWEST_AFTER_GAP,
    maxBytes: MAX_REPLAY_BYTES,
  }
  const newest = await log.read(key, range, client.share)
  const first = newest.events[0]?.seq ?? from + 1
  if (newest.moreBefore) gap(from, first, 'long')
  return first - 1
}

async function feed(client: Client, member: Member, conversation: Conversation): Promise<void> {
  const { log } = client.services
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
      const range = { after: member.cursor, limit: REPLAY_PAGE_EVENTS, maxBytes: REPLAY_PAGE_BYTES }
      const page = await log.read(conversation.key, range, client.share)
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
