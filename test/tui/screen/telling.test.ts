/** The most telling states of the screen, as they look: read them as a user would. What holds for all is in `everyState`. */

import { afterEach, expect, test } from 'vitest'
import type { RunningScreen } from '../screens.ts'
import { enter, type Size, STATES, startAt } from './states.ts'

const running: RunningScreen[] = []
afterEach(async () => {
  for (const screen of running.splice(0)) await screen.close()
})

const SMALL: Size = [40, 12]
const USUAL: Size = [80, 24]

/** The rows of a screen in a state. */
async function rowsAt(size: Size, name: keyof typeof STATES): Promise<string> {
  const screen = await startAt(STATES[name], size)
  running.push(screen)
  await enter(screen, STATES[name])
  return screen.terminal.screen()
}

test('a server without rooms tells how to begin', async () => {
  expect(await rowsAt(SMALL, 'a server without rooms')).toMatchInlineSnapshot(`
    " chatd  /join a room
    ────────────────────────────────────────




     /list shows the rooms of this server.
     /join lobby opens one or makes it.
     F1 lists all keys and commands.
    ────────────────────────────────────────
     ›
     ● online        F1 help   Ctrl+K go to"
  `)
})

test('reading back, the rules tell what is above and below', async () => {
  expect(await rowsAt(SMALL, 'reading back, with unread messages above and below')).toMatchInlineSnapshot(`
    " #lobby                @3  +6  2 people
    ──────── ↑ 300 new since 15:40 (Alt+U) ─
    dave           little more is said
    carol 15:46  message 106, in which a
                   little more is said
    dave  15:47  message 107, in which a
                   little more is said
    carol 15:48  message 108, in which a
                   little more is said
    ──────────── ↓ 291 new below (Alt+End) ─
     ›
     ● online    Alt+End newest   PgUp back"
  `)
  expect(await rowsAt(USUAL, 'reading back, with unread messages above and below')).toMatchInlineSnapshot(`
    " #lobby                                                                2 people
    ────────────────┬─ Mon 23 Nov ────────────────── ↑ 300 new since 15:40 (Alt+U) ─
     UNREAD         │ dave  16:15  message 135, in which a little more is said
       ops       @1 │ carol 16:16  message 136, in which a little more is said
       ● dave    @2 │ dave  16:17  message 137, in which a little more is said
     9 random     4 │ carol 16:18  message 138, in which a little more is said
     ROOMS          │ dave  16:19  message 139, in which a little more is said
     1 dev          │ carol 16:20  message 140, in which a little more is said
     2 backend      │ dave  16:21  message 141, in which a little more is said
     3 incidents    │ carol 16:22  message 142, in which a little more is said
     4 releas…ploys │ dave  16:23  message 143, in which a little more is said
       android      │ carol 16:24  message 144, in which a little more is said
       api          │ dave  16:25  message 145, in which a little more is said
       auth         │ carol 16:26  message 146, in which a little more is said
    ▌  lobby    99+ │ dave  16:27  message 147, in which a little more is said
       … 35 quiet   │ carol 16:28  message 148, in which a little more is said
     PEOPLE         │ dave  16:29  message 149, in which a little more is said
     5 ● carol      │ carol 16:30  message 150, in which a little more is said
     6 ● grace      │ dave  16:31  message 151, in which a little more is said
     7 ☾ bob  lunch │ carol 16:32  message 152, in which a little more is said
     8 ○ ivan       │ dave  16:33  message 153, in which a little more is said
    ────────────────┴─────────────────────────────────── ↓ 246 new below (Alt+End) ─
     alice ›
     ● online                                  Alt+End newest   PgUp back   F1 help"
  `)
})

test('a selected message asks for the emoji', async () => {
  expect(await rowsAt(SMALL, 'a message is to be reacted to')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ─ Thu 26 Nov ───────────────────────────
    frank      ▐▌  right? Could you have a
               ▐▌  look before the release
               ▐▌  branch is cut at 14:00?
                ▌1 👍  2 👎  3 😂  4 🎉  5
                ▌  👀  6 ✅  — a digit
                ▌  reacts, any other key
                ▌  cancels
    ────────────── ↓ 2 new below (Alt+End) ─
     ›
     ● online  dave is typing…   1–6 choose"
  `)
})

test('a reply has a row over the composer', async () => {
  expect(await rowsAt(SMALL, 'a reply is written')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ────────────────────────────────────────
    ───────────────── new ──────────────────
    frank 09:02▐ @alice you touched
               ▐   \`focus.spec.ts\` last,
               ▐   right? Could you have a
               ▐   look before the release
               ▐   branch is cut at 14:00?
    ────────────── ↓ 2 new below (Alt+End) ─
     ╭ answering frank: @ali… Esc leaves it
     › I do
     ● online  dave is typing…   Enter send"
  `)
  expect(await rowsAt(USUAL, 'a reply is written')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12 freeze Friday                          8 people · bob away
    ────────────────┬─ Thu 26 Nov ──────────────────────────────────────────────────
     UNREAD         │ dave         ┃ .btn:focus-visible {                       css
       ops       @1 │              ┃   outline: 2px solid var(--ring);
       ● dave    @2 │              ┃ }
       random     4 │                👀 carol, grace
     ROOMS          │ ci    09:01  build 4821 is red: 2 of 914 tests failed
     1 dev          │                (\`login.spec.ts\`, \`focus.spec.ts\`)
     2 backend      │ ──────────────────────────── new ────────────────────────────
    ▌3 frontend     │ frank 09:02▐ @alice you touched \`focus.spec.ts\` last, right?
     4 incidents    │            ▐   Could you have a look before the release
     5 releas…ploys │            ▐   branch is cut at 14:00?
       android      │ carol 09:03  ╭ frank: @alice you touched \`focus.spec.ts\` las…
       api          │              no hurry from my side, I can hold the deploy to
       auth         │                #incidents
       … 35 quiet   │ grace 09:03    ▎ can hold the deploy
     PEOPLE         │                then I do:
     6 ● carol      │                - the changelog
     7 ● grace      │                - the _banner_ on staging
     ↓ 2 more       │ alice 09:04  on it, give me ten minutes             … sending
    ────────────────┴───────────────────────────────────────────────────────────────
     ╭ answering frank: @alice you touched \`focus.spec.ts\` last, rig… Esc leaves it
     alice › I do
     ● online  dave is typing…          Enter send   Alt+Enter new line   Esc close"
  `)
})

test('commands are completed in a box over the composer', async () => {
  expect(await rowsAt(SMALL, 'commands are completed')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ────────── ↑ 3 new since 09:02 (Alt+U) ─
    ╭─ Tab takes it, 27 more ──────────────╮
    │   /join  open a room, or with @NAME… │
    │   /leave  leave this room, or anoth… │
    │   /msg  say something to one person… │
    │   /topic  set the topic of this roo… │
    │   /search  find messages in your ro… │
    ╰──────────────────────────────────────╯
    ────────────────────────────────────────
     › /
     ● online  dave is typing…   Enter send"
  `)
  expect(await rowsAt(USUAL, 'commands are completed')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12 freeze Friday                          8 people · bob away
    ────────────────┬─ Thu 26 Nov ──────────────────────────────────────────────────
     UNREAD         │ dave           18-R142
       ops       @1 │              ┃ .btn:focus-visible {                       css
       ● dave    @2 │              ┃   outline: 2px solid var(--ring);
       random     4 │              ┃ }
     ROOMS          │                👀 carol, grace
     1 dev          │ ci    09:01  build 4821 is red: 2 of 914 tests failed
     2 backend      │                (\`login.spec.ts\`, \`focus.spec.ts\`)
    ▌3 frontend     │ ──────────────────────────── new ────────────────────────────
     4 incidents    │ frank 09:02▐ @alice you touched \`focus.spec.ts\` last, right?
     5 releas…ploys │            ▐   Could you have a look before the release
       android      │            ▐   branch is cut at 14:00?
     ╭─ Tab takes it, 26 more ────────────────────────────────────────────╮ts\` las…
     │   /join  open a room, or with @NAME a direct conversation; a new … │ploy to
     │   /leave  leave this room, or another                              │
     │   /msg  say something to one person, or open the conversation      │
     │   /topic  set the topic of this room, or show it; /topic - remove… │
     │   /search  find messages in your rooms with all the words or part… │
     │   /mentions  list the messages in your rooms that mention you      │
     ╰────────────────────────────────────────────────────────────────────╯ sending
    ────────────────┴───────────────────────────────────────────────────────────────
     alice › /
     ● online  dave is typing…       Enter send   Alt+Enter new line   Tab complete"
  `)
})

test('a room that is not there is made only if the user says so', async () => {
  expect(await rowsAt(SMALL, 'joining a room that is not there')).toMatchInlineSnapshot(`
    "╭─ There is no such room: go to anoth… ╮
    │ › frnotend                           │
    │                                      │
    │ ▌ #frontend  FE: 5.12 freeze Fri… @1 │
    │   make #frnotend  a new room         │
    │                                      │
    │                                      │
    │                                      │
    │                                      │
    │                                      │
    ╰──────────────────────────────────────╯
     ● online  dave is typing…     Enter go"
  `)
  expect(await rowsAt(USUAL, 'joining a room that is not there')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12 freeze Friday                          8 people · bob away
    ────────────────┬─ Thu 26 Nov ──────────────────────────────────────────────────
     UNREAD         │ dave           18-R142
       o╭─ There is no such room: go to another, or make it ───────────────────╮css
       ●│ › frnotend                                                           │
       r│                                                                      │
     ROO│ ▌ #frontend  FE: 5.12 freeze Friday                               @1 │
     1 d│   make #frnotend  a new room                                         │
     2 b│                                                                      │
    ▌3 f│                                                                      │───
     4 i│                                                                      │t?
     5 r│                                                                      │
       a│                                                                      │
       a│                                                                      │as…
       a│                                                                      │to
       …│                                                                      │
     PEO│                                                                      │
     6 ●│                                                                      │
     7 ●│                                                                      │
     8 ☾│                                                                      │
     9 ○╰──────────────────────────────────────────────────────────────────────╯ing
    ────────────────┴───────────────────────────────────────────────────────────────
     alice ›
     ● online  dave is typing…                   Enter go   Down choose   Esc close"
  `)
})

test('the list of mentions', async () => {
  expect(await rowsAt(SMALL, 'the list of mentions')).toMatchInlineSnapshot(`
    "╭─ Mentions of you  1 of 12 ───────────╮
    │ ▌ #release-enginee… 2026-11-26 09:04 │
    │ ▌ …cus.spec.ts), @alice please look  │
    │   #frontend  ci     2026-11-26 08:04 │
    │   …cus.spec.ts), @alice please look  │
    │   #frontend  ci     2026-11-26 07:04 │
    │   …cus.spec.ts), @alice please look  │
    │   #release-enginee… 2026-11-26 06:04 │
    │   …cus.spec.ts), @alice please look  │
    │                                      │
    ╰──────────────────────────────────────╯
     ● online  dave is typing…   Enter open"
  `)
  expect(await rowsAt(USUAL, 'the list of mentions')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12 freeze Friday                          8 people · bob away
    ────────────────┬─ Thu 26 Nov ──────────────────────────────────────────────────
     U╭─ Mentions of you  1 of 12 ───────────────────────────────────────────────╮
      │ ▌ #release-engineering-deploys  ci       Thursday 26 November 2026 09:04 │s
      │ ▌ … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
      │   #frontend  ci                          Thursday 26 November 2026 08:04 │
     R│   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
     1│   #frontend  ci                          Thursday 26 November 2026 07:04 │
     2│   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
    ▌3│   #release-engineering-deploys  ci       Thursday 26 November 2026 06:04 │─
     4│   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
     5│   #frontend  ci                          Thursday 26 November 2026 05:04 │
      │   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
      │   #frontend  ci                          Thursday 26 November 2026 04:04 │…
      │   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
      │   #release-engineering-deploys  ci       Thursday 26 November 2026 03:04 │
     P│   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
     6│   #frontend  ci                          Thursday 26 November 2026 02:04 │
     7│   … 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look  │
     8│                                                                          │
     9╰──────────────────────────────────────────────────────────────────────────╯g
    ────────────────┴───────────────────────────────────────────────────────────────
     alice ›
     ● online  dave is typing…                  Enter open   Down older   Esc close"
  `)
})

test('the help', async () => {
  expect(await rowsAt(SMALL, 'the help')).toMatchInlineSnapshot(`
    "╭─ Keys and commands  1–9 of 375 ──────╮
    │ Messages                             │
    │ Enter                                │
    │   send                               │
    │ Alt+Enter, Shift+Enter, Ctrl+J       │
    │   begin a new line (Shift+Enter      │
    │   where the terminal can tell it     │
    │   from Enter)                        │
    │ Up                                   │
    │   a row up; if nothing is typed,     │
    ╰──────────────────────────────────────╯
     ● online  dave is typing…    PgDn page"
  `)
})

test('the people of the room', async () => {
  expect(await rowsAt(SMALL, 'the people of the room')).toMatchInlineSnapshot(`
    "╭─ People in #frontend ────────────────╮
    │ ›                                    │
    │                                      │
    │ ▌ @bob  lunch                   away │
    │   @carol                        here │
    │   @ci                           here │
    │   @dave                         here │
    │   @erin                         here │
    │   @frank                        here │
    │   @grace                        here │
    ╰──────────────────────────────────────╯
     ● online  dave is typing…     Enter go"
  `)
})

test('a text near the limit tells its size', async () => {
  expect(await rowsAt(SMALL, 'the composer, near the limit of a message')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ────────── ↑ 3 new since 09:02 (Alt+U) ─
    grace 09:03    ▎ can hold the deploy
                   then I do:
                   - the changelog
                   - the _banner_ on staging
    alice 09:04  on it, give me ten minutes
                                   … sending
    ────────────────────────────────────────
     ↑ nearly too long nearly too long
       nearly too long nearly too long
     ● online  15.6 KB of 16 KB"
  `)
})

test('messages that were not sent tell why', async () => {
  expect(await rowsAt(SMALL, 'messages that were not sent')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ────────── ↑ 3 new since 09:02 (Alt+U) ─
    alice 09:04✗ on it, give me ten minutes
                 not sent: the message is
                   too long — /retry or
                   /discard
    alice 15:30✗ and the changelog is done
                 not sent: you may not speak
                   here — /retry or /discard
    ────────────────────────────────────────
     ›
     ● online  dave is typing…"
  `)
})

test('a key that is not known', async () => {
  expect(await rowsAt(SMALL, 'a key of the server that is not known')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ╭─ Not connected ──────────────────────╮
    │ The key of chat.example.org:9011 is  │
    │ not known yet. It is                 │
    │                                      │
    │ SHA256:Ab3+Ab3+Ab3+Ab3+Ab3+Ab3+Ab3+A │
    │ b3+Ab3+Ab3+xyz                       │
    │ Ctrl+Y accepts the key, Esc does     │
    │ not.                                 │
    ╰──────────────────────────────────────╯
     ›
     ✗ refused  dave is typing…"
  `)
})

test('a password is drawn unseen', async () => {
  expect(await rowsAt(SMALL, 'a password is typed')).toMatchInlineSnapshot(`
    " #frontend  FE: 5.12…  @3  +6  8 people
    ────────── ↑ 3 new since 09:02 (Alt+U) ─
    carol          #incidents
    ╭─ Password of alice ──────────────────╮
    │ "alice" belongs to somebody: sign in │
    │                                      │
    │ › *************                      │
    ╰──────────────────────────────────────╯
                                   … sending
    ────────────────────────────────────────
     ›
     ✗ refused  dave is typing…"
  `)
})
