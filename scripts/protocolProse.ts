/** The sentences of docs/protocol.md that no schema says. */
export const PROSE = {
  intro: `# The protocol of chatd

This page is generated from the schemas in \`src/protocol\`; the same as JSON Schema is in
[protocol.schema.json](protocol.schema.json). In TypeScript: \`import { requestDecoder, encodeFrame } from 'chat-tui/protocol'\`.

A connection is TCP. Both sides send UTF-8, one JSON object a line, ended by \`\\n\` (\`\\r\\n\` is taken too, empty lines are
ignored). What a client sends is at most 64 KiB a line, what the server sends at most 512 KiB; answers are cut to that and say
that there is more. Unknown fields are ignored; where a key stands twice the last one counts. A line that is no good gets an
error and the next one is read; twenty bad lines without a good one between end the connection.

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

Nothing else ever comes: no acknowledgement, no ping, no history, not its own messages. What it says is stored, numbered and
shown to full clients like everything else. A \`connect\` that failed may be tried again within ten seconds.

## Full clients

A \`connect\` with \`"protocol":1\` is answered by \`welcome\` or an error. \`session\` in it is a secret that says who you are
under an open name: keep it, and bring it in the next \`connect\`. Then you are let in beside your own other connections and have
your rooms and read positions. Without it, or with one that the server does not know, a new session begins; that is refused as
\`name_taken\` while another's connection of the name lives. In direct conversations a session sees what came after it began.

**Joining and resuming.** \`joinroom\` with \`since\`, the last seq you hold, and \`epoch\`, the log it belongs to, is answered
by \`ok\` with \`last\`; then come the events after \`since\`, and then, with no seam, live ones: replay is over when seq reaches
\`last\`. Too much missed (1,000 events or 1 MiB), or no longer kept: a \`gap\` and then the newest 100; \`history\` fills it.
Without \`since\` only what happens from now on comes. With another epoch, or a \`since\` beyond \`last\`, \`since\` is ignored:
start the room afresh, and tell the user.

**Proving that nothing is missing.** Seqs come from one count for the whole log: within a room they increase and are not dense.
\`prev\` names the room's previous event. A live event whose \`prev\` is not the last seq you hold opens a gap; fill it with
\`history\`. A \`prev\` below \`first\` means nothing more.

**Signs of life.** Send a \`ping\` with an \`id\` after 30 s without a byte from the server and give up 20 s later; any byte is
life. The server drops a full connection that was silent for 120 s.`,
  requests: `A request may carry \`id\`: exactly one answer carries it back, \`ok\` with the result or \`error\`. Without \`id\`
success is not answered. For the requests that make an event (\`chat\`, \`edit\`, \`delete\`, \`react\`, \`topic\`) the id is the
event's identity, unique to your name for as long as the event is kept: the same id with the same content gets the first \`ok\`
again and stores nothing, with anything else it is \`id_reused\`. So send again after a broken connection without fear.
A server serves what \`welcome.features\` lists; the rest is \`unknown_action\`.`,
  events: `Entries of a room's log. Every full connection in the room gets them, the sending one too, after its \`ok\`. A
\`chat\` comes as it stands now, whenever it comes: an \`edit\`, \`delete\` or \`react\` that this covers changes nothing. Pages of
\`history\` say by \`last\` as of when their messages stand.`,
  signals: `Live only, not logged, lost without harm. In rooms of more than 200 people there are no \`joined\`, \`left\`,
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
