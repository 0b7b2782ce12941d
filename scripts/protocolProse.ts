import type * as limits from '../src/protocol/limits.ts'

/** What each limit means, in the order of docs/protocol.md; one that is missing here does not compile. */
export const LIMIT_MEANINGS: Readonly<Record<keyof typeof limits, string>> = {
  PROTOCOL_VERSION: 'the version of the full protocol',
  DEFAULT_PORT: 'the port of the server, unless told otherwise',
  MAX_REQUEST_BYTES: 'bytes of a line from a client, without its end (`welcome.limits.frame`)',
  MAX_RESPONSE_BYTES: 'bytes of a line from a server, without its end',
  MAX_NESTING: 'objects and arrays in each other',
  MAX_BAD_LINES: 'bad lines in a row that end the connection',
  MAX_MESSAGE_BYTES: 'bytes of a message (`welcome.limits.message`); not empty or blank, no NUL',
  MAX_TOPIC_BYTES: 'bytes of a topic (`welcome.limits.topic`)',
  MAX_AWAY_BYTES: 'bytes of an away message (`welcome.limits.away`)',
  MAX_EMOJI_BYTES: 'bytes of a reaction (`welcome.limits.emoji`)',
  MAX_QUERY_BYTES: 'bytes of a search (`welcome.limits.query`)',
  MAX_REACTIONS: 'kinds of reaction to a message (`welcome.limits.reactions`)',
  MAX_REACTION_NAMES: 'names listed for a reaction; its `count` goes on',
  MAX_ROOMS: 'rooms of a connection (`welcome.limits.rooms`)',
  MAX_PAGE: 'events or names of a page (`welcome.limits.page`)',
  SMALL_ROOM: 'people up to whom a room has `members` in `ok`, `joined`, `left`, `presence` and `typing`',
  MAX_REPLAY_EVENTS: 'missed events that follow a `joinroom`; more of them are a `gap`',
  MAX_REPLAY_BYTES: 'bytes of them, likewise',
  NEWEST_AFTER_GAP: 'events that follow a `gap`',
  MAX_UNREAD: 'where `unread` and `mentions` stop counting',
  CONNECT_TIMEOUT_MS: 'ms until `connect` must have succeeded',
  PING_AFTER_MS: 'ms without a byte from the server after which a full client sends `ping`',
  PING_TIMEOUT_MS: 'ms that it then waits for any byte',
  SILENT_AFTER_MS: 'ms without a byte from a full client after which the server drops it',
  TYPING_RENEW_MS: 'ms between two `typing` of a client at least',
  TYPING_FORGET_MS: 'ms after which a `typing` is forgotten',
  LEFT_AFTER_MS: 'ms that `left` waits for a return',
}

/** The sentences of docs/protocol.md that no schema says. */
export const PROSE = {
  intro: `# The protocol of chatd

This page is generated from the schemas in \`src/protocol\`; the same as JSON Schema is in
[protocol.schema.json](protocol.schema.json). In TypeScript: \`import { requestDecoder, encodeFrame } from 'chat-tui/protocol'\`.

Whoever only wants a script to speak reads [Plain clients](#plain-clients) and is done.

## Lines

A connection is TCP, port 9011 unless told otherwise. Both sides send UTF-8 without a byte order mark, one JSON object a
line, ended by \`\\n\` (\`\\r\\n\` is taken too, empty lines are ignored). \`action\` says what a line is.

- What a client sends is at most 64 KiB a line, what a server sends at most 512 KiB, without the line end. Answers are cut to
  that and say that there is more; a \`chat\` whose event would not fit is refused.
- Unknown fields are ignored on both sides. Ignore also what a server sends with an \`action\` that you do not know: newer ones
  have more of them. Where a key stands twice the last one counts. Integers stay within ±(2^53 − 1), and no string holds
  half a surrogate pair.
- A line that is no good gets an error, and the next one is read. Twenty bad lines without a good one between end the
  connection.

A client that closes its sending side has said all it wants: every complete line is handled, stored and answered, then the
server closes. A half line is dropped.

## Plain clients

A connection whose \`connect\` has no \`protocol\` is plain for its whole life. Four actions are all there is:

\`\`\`json
{"action":"connect","username":"alice"}
{"action":"joinroom","room":"dev"}
{"action":"chat","room":"dev","message":"hello"}
{"action":"leaveroom","room":"dev"}
\`\`\`

It is sent what the other members of its rooms say, with exactly these four fields, and errors, which carry \`from\` and
\`message\` too, so that a client that prints only those two stays readable:

\`\`\`json
{"action":"chat","room":"dev","message":"hello","from":"bob"}
{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it","from":"chatd"}
\`\`\`

A whole talk, \`>\` being what alice's program sends and \`<\` what it gets:

\`\`\`
> {"action":"connect","username":"alice"}
> {"action":"joinroom","room":"dev"}
< {"action":"chat","room":"dev","message":"hello alice","from":"bob"}
> {"action":"chat","room":"dev","message":"hello bob"}
> {"action":"chat","room":"ops","message":"anybody?"}
< {"action":"error","code":"not_in_room","message":"join \\"ops\\" before you speak in it","from":"chatd"}
> {"action":"leaveroom","room":"dev"}
> what?
< {"action":"error","code":"bad_frame","message":"this line is not JSON; send one JSON object a line","from":"chatd"}
\`\`\`

A shell is enough for it:

\`\`\`sh
printf '%s\\n' '{"action":"connect","username":"ci"}' '{"action":"joinroom","room":"dev"}' \\
  '{"action":"chat","room":"dev","message":"build 512 is green"}' | nc -N localhost 9011
\`\`\`

Nothing else ever comes: no acknowledgement, no ping, no history, not its own messages. What it says is stored, numbered and
shown to full clients like everything else. Where the server asks for a \`password\`, it stands in \`connect\`; other fields are
ignored. A \`connect\` that failed may be tried again within ten seconds; a second one after success is \`already_connected\`.

## Full clients

**Connecting.** Send the highest version that you speak as \`protocol\`; \`welcome\` says the lower of both sides, and that one
is spoken. \`session\` in it is a secret that says who you are under an open name: keep it, for each server and name, where only
its owner can read it, and bring it in the next \`connect\`. Then you are let in beside your own other connections (nothing is
taken over, a stale one dies by itself), have your rooms and read positions, and may change what the session wrote. Without
it, or with one that the server does not know, a new session begins; that is refused as \`name_taken\` while another's
connection of the name lives. In direct conversations a session sees what came after it began.

**Seqs.** Every event has a \`seq\`. They come from one count for the whole log: within a room they increase and are not dense,
so never compute the next one or count with them. \`prev\` is the seq of the room's previous event, 0 before the
first: that is what proves that nothing is missing. Order is \`seq\`; \`ts\` is for display.

**Joining and resuming.** \`joinroom\` is answered by \`ok\` with \`first\` and \`last\`, the bounds of what is kept.

- Without \`since\` only what happens from now on comes; ask \`history\` for the past.
- With \`since\`, the last seq that you hold, and \`epoch\`, the log that it belongs to, the events after it follow, and
  then, with no seam, live ones. Replay is over when seq reaches \`last\`.
- \`epoch\` is one random name for the whole log. Where \`ok\` has another one, or \`since\` is beyond \`last\`, your
  \`since\` was ignored: the seqs that you hold mean nothing there. Start the room afresh, and tell the user.
- Was too much missed (more than 1,000 events or 1 MiB), a \`gap\` with the reason \`long\` comes before the newest 100
  events. What lies between \`after\` and \`before\`, both exclusive, is still there: ask \`history\` for it.
- What is no longer kept is a \`gap\` with the reason \`expired\`; nothing will fill it. Both can come after each other.
- Any number from 0 to \`last\` is a position, whether or not an event of the room has it.

**Proving that nothing is missing.** A live event whose \`prev\` is not the last seq you hold opens a gap: fill it with
\`history\`. A \`prev\` below \`first\` means nothing more, for what it names is gone. An event that you hold already changes
nothing.

**Sending.** One after another in a room: send the next when \`ok\` or \`error\` came. \`ok\` settles your request and no more;
the event itself comes to you as to everybody, after it, and it alone builds the timeline. When the connection breaks before
the answer, connect again and send the same request with the same \`id\`: it is stored once. An error that is worth another try
([Errors](#errors)) holds the room's queue; any other is for the user to see. Who sends faster than 20 messages at
once and then 5 a second is read later, without an error; \`typing\` and \`away\` count where others are told of them.

**Rooms of a session.** A member is a live connection in a room: that is what \`members\`, \`people\`, \`joined\` and \`left\` count.
Apart from that a session keeps the list of rooms that it joined and did not leave, with a read position each: that is
\`rooms\`, also where it is not joined now. Unread is what others said, undeleted, after the read position.

**Signs of life.** Send a \`ping\` with an \`id\` after 30 s without a byte from the server and give up 20 s later; any byte is
life. The server drops a full connection that was silent for 120 s, one that has over 1 MiB waiting for it, and one that takes
nothing for 10 s; before that it says \`bye\` where it can. Connect again after a pause that grows and is a little random,
and join with \`since\`: nothing is lost.`,
  requests: `A request may carry \`id\`: exactly one answer carries it back, \`ok\` with the result or \`error\`. Without \`id\`
success is not answered. For the requests that make an event (\`chat\`, \`edit\`, \`delete\`, \`react\`, \`topic\`) the id is the
event's identity, unique to your name for as long as the event is kept: the same id with the same content gets the first \`ok\`
again and stores nothing, with anything else it is \`id_reused\`. Errors are not remembered. Answers can overtake each
other: go by \`id\`. A \`?\` marks fields that may be missing.
A server serves what \`welcome.features\` lists; the rest is \`unknown_action\`.`,
  events: `Entries of a room's log. Every full connection in the room gets them, the sending one too, after its \`ok\`. A
\`chat\` comes as it stands now, whenever it comes: an \`edit\`, \`delete\` or \`react\` that this covers changes nothing. Pages of
\`history\` say by \`last\` as of when their messages stand. An \`edit\` that was overtaken comes without its text. So any
order of paging folds to the same timeline.`,
  signals: `A \`gap\` is part of a replay (see [Full clients](#full-clients)). The others are signals: live only, not logged, lost
without harm. In rooms of more than 200 people there are no \`joined\`, \`left\`,
\`presence\` and \`typing\`; \`people\` comes instead.`,
  errors: `An error carries \`id\` whenever the line had a readable one. \`fatal\`: whether the connection closes after it; \`may\`:
where the frame carries \`"fatal":true\`. Retry by yourself only what is marked so.

\`\`\`json
{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it","from":"chatd","id":"m1"}
\`\`\``,
  names: `A **username** is 1 to 32 of \`A-Za-z0-9_.-\`, starting with a letter, a digit or \`_\`. Alice and alice are one person;
the spelling of the first connection is shown. \`chatd\` is reserved.

A **room** is 1 to 64 code points, at most 128 bytes, of letters, marks, digits, \`_\`, \`.\` and \`-\` of any script, not starting
with a mark, without characters that draw nothing. Rooms are the same when NFC of the lower case of NFKC is. Everybody is shown
the spelling of who made it. \`#\` is how people write it on a screen and no part of the name. A first join makes a room.

**\`@alice\`** in the place of a room is the direct conversation with alice. Every full connection of either side gets its events
without joining; a plain one after its own \`joinroom\`. A name the server never saw is \`not_found\`; oneself is a notebook.

**Mentions**: \`@name\` between characters that no name has, in any case; dots and hyphens at the end may be the sentence's.`,
  limits: `Sizes are UTF-8 bytes, times milliseconds. \`welcome.limits\` says where a server has others.`,
} as const
