/** One busy morning in many rooms, for the pictures of the screen. */

import type { RoomMember } from '../../src/client/room.ts'
import type { FakeClient, FakeRoom } from '../tui/fakeClient.ts'

/** When it is. */
export const MORNING = Date.UTC(2026, 10, 26, 9, 3)
const MINUTE = 60_000
/** What was said before. */
const EARLIER = [
  ['erin', 'the staging certificate is renewed'],
  ['grace', 'thanks! I was about to open an issue'],
  ['frank', 'who is on call this week?'],
  ['erin', 'me, and @dave from Thursday on'],
  ['dave', 'yes. Handover notes are in https://wiki.example.org/oncall'],
  ['grace', 'please add the new dashboards there'],
  ['ci', 'build 4819 is green'],
  ['frank', 'the cache change is in: `max-age=600` for all static files'],
  ['erin', 'nice, the graph goes down already 📉'],
  ['carol', 'can we have the numbers for the review at noon?'],
  ['erin', 'p50 41 ms, p99 180 ms; it was 66 and 410 before'],
  ['carol', '*wow*'],
  ['grace', 'then I close the ticket'],
  ['ci', 'build 4820 is green'],
  ['dave', 'lunch at the usual place?'],
  ['frank', 'count me in'],
] as const

/** Fills a client whose user is alice. */
export function busyMorning(client: FakeClient): void {
  client.username = 'alice'
  client.server.features.push('notify', 'mentions')
  client.open('dev', { people: 12 })
  client.open('backend', { people: 9 })
  const room = client.open('frontend', {
    topic: 'FE: 5.12 freeze Friday',
    people: 8,
    members: new Map([
      ...['alice', 'carol', 'ci', 'dave', 'erin', 'frank', 'grace'].map(name => member(name)),
      member('bob', 'lunch'),
    ]),
    typing: ['dave'],
  })
  client.open('incidents', { people: 30 })
  client.open('release-engineering-deploys', { people: 4 })
  client.open('@carol', { members: new Map([member('carol')]) })
  client.open('@grace', { members: new Map([member('grace')]) })
  client.open('@bob', { members: new Map([member('bob', 'lunch')]) })
  client.open('@ivan')
  client.open('random', { unread: 4 })
  client.open('ops', { unread: 3, mentions: 1 })
  client.open('@dave', { unread: 2, mentions: 2, members: new Map([member('dave')]) })
  for (let number = 0; number < 38; number++) client.open(`quiet-${number}`)
  talk(client, room)
}

function talk(client: FakeClient, room: FakeRoom): void {
  let minute = 0
  const say = (from: string, text: string, after = 0) => {
    minute += after
    return client.receive(room, from, text, MORNING + minute * MINUTE)
  }
  for (const [from, text] of EARLIER) say(from, text)
  minute = 0
  say('carol', 'morning all ☕')
  say('carol', 'the login page flickers on Safari since yesterday, anyone else?')
  const seen = say(
    'dave',
    'yes, I see it too. It is the *focus ring*:\nhttps://git.example.org/acme/widgets/pull/4821/files#diff-9f1c2b3a4d5e6f708192a3b4c5d6e7f8R118-R142\n```css\n.btn:focus-visible {\n  outline: 2px solid var(--ring);\n}\n```',
  )
  const at = room.timeline.indexOf(seen)
  room.timeline[at] = { ...seen, reactions: { '👀': { names: ['carol', 'grace'], count: 2 } } }
  say('ci', 'build 4821 is red: 2 of 914 tests failed (`login.spec.ts`, `focus.spec.ts`)')
  client.allRead(room)
  const asked = say(
    'frank',
    '@alice you touched `focus.spec.ts` last, right? Could you have a look before the release branch is cut at 14:00?',
  )
  const answer = say('carol', 'no hurry from my side, I can hold the deploy to #incidents', 1)
  room.timeline[room.timeline.indexOf(answer)] = { ...answer, replyTo: asked.seq }
  say('grace', '> can hold the deploy\nthen I do:\n- the changelog\n- the _banner_ on staging', 1)
  client.say(room.key, 'on it, give me ten minutes')
  room.outbox = room.outbox.map(entry => ({ ...entry, ts: MORNING + minute * MINUTE }))
}

function member(name: string, away?: string): [string, RoomMember] {
  return [name, { name, away }]
}
