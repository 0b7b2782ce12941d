/** One busy morning in many rooms, for the pictures of the screen. */

import type { RoomMember } from '../../src/client/room.ts'
import type { FakeClient, FakeRoom } from '../tui/fakeClient.ts'

/** When it is. */
export const MORNING = Date.UTC(2026, 10, 26, 9, 4, 30)
/** What was said before. */
const EARLIER = [
  ['08:41', 'erin', 'the staging certificate is renewed'],
  ['08:42', 'grace', 'thanks! I was about to open an issue'],
  ['08:44', 'frank', 'who is on call this week?'],
  ['08:44', 'erin', 'me, and @dave from Thursday on'],
  ['08:45', 'dave', 'yes. Handover notes are in https://wiki.example.org/oncall'],
  ['08:46', 'grace', 'please add the new dashboards there'],
  ['08:48', 'ci', 'build 4819 is green'],
  ['08:49', 'frank', 'the cache change is in: `max-age=600` for all static files'],
  ['08:50', 'erin', 'nice, the graph goes down already 📉'],
  ['08:52', 'carol', 'can we have the numbers for the review at noon?'],
  ['08:53', 'erin', 'p50 41 ms, p99 180 ms; it was 66 and 410 before'],
  ['08:53', 'carol', '*wow*'],
  ['08:54', 'grace', 'then I close the ticket'],
  ['08:56', 'ci', 'build 4820 is green'],
  ['08:57', 'dave', 'lunch at the usual place?'],
  ['08:57', 'frank', 'count me in'],
] as const

/** Rooms in which nothing happens. */
const QUIET =
  'android api auth billing books build-farm cache-rewrite careers coffee data-platform design devrel docs facilities finance games hiring infra ios kubernetes legal lunch mail-gateway metrics music on-call-handover onboarding payments postgres quality reading-group releases search security sre-weekly storage support translations'

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
  for (const name of QUIET.split(' ')) client.open(name)
  talk(client, room)
}

function talk(client: FakeClient, room: FakeRoom): void {
  const say = (time: string, from: string, text: string) => client.receive(room, from, text, at(time))
  for (const [time, from, text] of EARLIER) say(time, from, text)
  say('08:59', 'carol', 'morning all ☕')
  say('08:59', 'carol', 'the login page flickers on Safari since yesterday, anyone else?')
  const seen = say(
    '09:00',
    'dave',
    'yes, I see it too. It is the *focus ring*:\nhttps://git.example.org/acme/widgets/pull/4821/files#diff-9f1c2b3a4d5e6f708192a3b4c5d6e7f8R118-R142\n```css\n.btn:focus-visible {\n  outline: 2px solid var(--ring);\n}\n```',
  )
  room.timeline[room.timeline.indexOf(seen)] = {
    ...seen,
    reactions: { '👀': { names: ['carol', 'grace'], count: 2 } },
  }
  say('09:01', 'ci', 'build 4821 is red: 2 of 914 tests failed (`login.spec.ts`, `focus.spec.ts`)')
  client.allRead(room)
  const asked = say(
    '09:02',
    'frank',
    '@alice you touched `focus.spec.ts` last, right? Could you have a look before the release branch is cut at 14:00?',
  )
  const answer = say('09:03', 'carol', 'no hurry from my side, I can hold the deploy to #incidents')
  room.timeline[room.timeline.indexOf(answer)] = { ...answer, replyTo: asked.seq }
  say('09:03', 'grace', '> can hold the deploy\nthen I do:\n- the changelog\n- the _banner_ on staging')
  client.say(room.key, 'on it, give me ten minutes')
  room.outbox = room.outbox.map(entry => ({ ...entry, ts: at('09:04') }))
}

/** A time of the morning, ms. */
const at = (time: string): number => Date.parse(`2026-11-26T${time}Z`)

function member(name: string, away?: string): [string, RoomMember] {
  return [name, { name, away }]
}
