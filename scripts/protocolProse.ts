import type * as limits from '../src/protocol/limits.ts'

/** The meaning of each limit, in the order of docs/protocol.md. A limit without a meaning does not compile. */
export const LIMIT_MEANINGS: Readonly<Record<keyof typeof limits, string>> = {
  PROTOCOL_VERSION: 'the version of the full protocol',
  DEFAULT_PORT: 'the default port of the server',
  MAX_REQUEST_BYTES: 'bytes of a line from a client, without its end (`welcome.limits.frame`)',
  MAX_RESPONSE_BYTES: 'bytes of a line from a server, without its end',
  MAX_NESTING: 'depth of nested objects and arrays',
  MAX_BAD_LINES: 'bad lines in a row that end the connection',
  MAX_MESSAGE_BYTES: 'bytes of a message (`welcome.limits.message`); not empty or blank, no NUL',
  MAX_TOPIC_BYTES: 'bytes of a topic (`welcome.limits.topic`)',
  MAX_AWAY_BYTES: 'bytes of an away message (`welcome.limits.away`)',
  MAX_EMOJI_BYTES: 'bytes of a reaction (`welcome.limits.emoji`)',
  MAX_QUERY_BYTES: 'bytes of a search (`welcome.limits.query`)',
  MAX_REACTIONS: 'kinds of reaction to a message (`welcome.limits.reactions`)',
  MAX_REACTIONS_IN_ALL: 'the reactions of one message, of all kinds and people',
  MAX_MENTIONS: 'the people whom one message mentions; further names in it are only text',
  MAX_REACTION_NAMES: 'names listed for a reaction; its `count` can be higher',
  MAX_ROOMS: 'rooms of a connection (`welcome.limits.rooms`)',
  MAX_PAGE: 'events or names of a page (`welcome.limits.page`)',
  SMALL_ROOM:
    'people up to which a room has `members` in `ok`, and `joined`, `left`, `presence` and `typing`',
  MAX_REPLAY_EVENTS: 'missed events that follow a `joinroom`; with more there is a `gap`',
  MAX_REPLAY_BYTES: 'bytes of missed events, likewise',
  NEWEST_AFTER_GAP: 'events that follow a `gap`',
  MAX_UNREAD: 'the highest count of `unread` and `mentions`',
  CONNECT_TIMEOUT_MS: 'ms until `connect` must have succeeded',
  PING_AFTER_MS: 'ms without a byte from the server after which a full client sends `ping`',
  PING_TIMEOUT_MS: 'ms that it then waits for a byte',
  SILENT_AFTER_MS: 'ms without a byte from a full client after which the server closes the connection',
  TYPING_RENEW_MS: 'least ms between two `typing` of a client',
  TYPING_FORGET_MS: 'ms after which a `typing` is forgotten',
  LEFT_AFTER_MS: 'ms that the server waits for a return before `left`',
}

/** The prose of docs/protocol.md; the schemas give the rest. */
export const PROSE = {
  intro: `# The protocol of chatd

This page is generated from the schemas in \`src/protocol\`; the same schemas as JSON Schema are in
[protocol.schema.json](protocol.schema.json). In TypeScript: \`import { requestDecoder, encodeFrame } from 'chat-tui/protocol'\`.

To let a script send messages, [Plain clients](#plain-clients) is all you need.

## Lines

A connection is TCP, by default to port 9011, or a unix socket. From another machine it must be TLS on the same port: the
first byte tells. Lines without TLS get \`tls_required\` there. What follows is the same in both cases.

Both sides send UTF-8 without a byte order mark, one JSON object a line, ended
by \`\\n\` (\`\\r\\n\` is accepted too, empty lines are ignored). \`action\` names the kind of line.

- A line of a client has at most 64 KiB, a line of a server at most 512 KiB, without the line end. The server cuts answers to
  that and tells that there is more; it refuses a \`chat\` whose event would not fit.
- Both sides ignore unknown fields. Ignore lines of a server whose \`action\` you do not know: newer servers have more of
  them. If a key occurs twice, the last one counts. Integers stay within ±(2^53 − 1), and no string contains half a
  surrogate pair.
- A bad line is answered with an error, and the server reads the next one. Twenty bad lines without a good one between them
  end the connection.

A client that closes its sending side has finished: the server handles, stores and answers every complete line, then closes
the connection. A half line is dropped.

## Plain clients

A connection whose \`connect\` has no \`protocol\` is plain for its whole life. It has four actions:

\`\`\`json
{"action":"connect","username":"alice"}
{"action":"joinroom","room":"dev"}
{"action":"chat","room":"dev","message":"hello"}
{"action":"leaveroom","room":"dev"}
\`\`\`

The server sends it the messages of the other members of its rooms, with exactly these four fields, and errors. Errors have
\`from\` and \`message\` too, so that a client that prints only these two stays readable:

\`\`\`json
{"action":"chat","room":"dev","message":"hello","from":"bob"}
{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it (c412-1)","from":"chatd"}
\`\`\`

A whole conversation; \`>\` marks the lines that alice's program sends, \`<\` those that it receives:

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

A shell is enough:

\`\`\`sh
printf '%s\\n' '{"action":"connect","username":"ci"}' '{"action":"joinroom","room":"dev"}' \\
  '{"action":"chat","room":"dev","message":"build 512 is green"}' | nc -N localhost 9011
\`\`\`

A plain client receives nothing else: no acknowledgement, no ping, no history, not its own messages. Its messages are stored,
numbered and shown to full clients like all others. A name that has an
account wants its password or a token as \`password\` in \`connect\` ([Signing in](#signing-in)); other fields are ignored. A failed \`connect\` may be repeated within ten seconds; a second one after success is \`already_connected\`.

## Signing in

On an open server a free name is yours while you are connected. A name that has an account wants a credential, which
\`connect\` brings: \`session\` from an earlier \`welcome\` (a device), \`password\` (the account's, or a token), or
\`signature\` (of an SSH key). Without one, or with a session that the server does not know, it answers \`auth_required\`:

\`\`\`
> {"action":"connect","id":"1","username":"bob","protocol":1}
< {"action":"error","id":"1","code":"auth_required","message":""bob" belongs to somebody: sign in","from":"chatd","methods":["key","password"],"nonce":"k3Jx…"}
> {"action":"connect","id":"2","username":"bob","protocol":1,"signature":"U1NIU0lH…","device":"thinkpad"}
< {"action":"welcome","id":"2",…,"session":"…","account":{"role":"user"}}
\`\`\`

The connection then has a minute and six tries; a wrong credential is \`auth_failed\`, which tells nothing more. Save the
\`session\` of the \`welcome\`: it is this device's own, and the next \`connect\` needs nothing else. If you bring an older
\`session\` of the name along with a credential, its messages, rooms and read positions become the account's. \`device\` is
what your list of devices calls this one. Never try a credential again by yourself.

**By an SSH key.** \`signature\` is the base64 of an SSHSIG (the body of what \`ssh-keygen -Y sign -n sign-in@chat-tui\` prints),
over this text, each line with its line end:

\`\`\`
chatd sign-in 1
user bob
nonce k3Jx…
channel Y2hh…
\`\`\`

\`user\` is the \`username\` of the \`connect\`, letter by letter. \`nonce\` is that of this connection. \`channel\` is the exporter
of the TLS connection, \`EXPORTER-Channel-Binding\` with 32 bytes and an empty context ([RFC 9266](https://www.rfc-editor.org/rfc/rfc9266)),
in base64url; over a unix socket or loopback in plain text it is \`-\`. A server in the middle has another channel, so that it
gets nothing that it can use. TLS 1.3 is needed; without it \`methods\` has no \`key\`. Taken are ed25519, ECDSA, RSA of 2048
to 8192 bits with SHA-2, and FIDO keys with a touch; not certificates, DSA and SHA-1.

**By a password.** The server bounds wrong ones: 10 for an account and 20 from an address in 15 minutes, then
\`rate_limited\`. Sessions, keys and tokens are not bounded by that.

**By a token.** A token signs in as its account, is bound to its rooms, and reads, or speaks too. It never changes what is its
owner's. It is \`chatd_\`, 32 random letters and digits, and 6 of a CRC-32. Four lines are a bot:

\`\`\`sh
printf '%s\\n' '{"action":"connect","username":"ci","password":"chatd_…"}' '{"action":"joinroom","room":"dev"}' \\
  '{"action":"chat","room":"dev","message":"build 512 is green"}' | ncat --ssl chat.example.org 9011
\`\`\`

**By an invitation.** \`chat://HOST:PORT/join/CODE.FP\`: check that the server's key is FP (base64url of its fingerprint; missing
behind a certificate of an authority), then send CODE as \`invite\`, the name that you want, and \`password\` or \`signature\`
for the account that it makes. A nonce comes with the \`auth_required\` to a \`connect\` that has only name and \`invite\`.

**Guests.** \`welcome.policy\` says who may take a free name: \`open\`, \`registered\`, \`invite\`. \`register\` makes an
account of your name and session, unless another session used the name within 30 days. Where there are accounts, events and
members of names without one have \`"guest":true\`. The first sessions of an address from elsewhere are bounded and paced.

**Being there.** \`password\`, \`addkey\`, \`token\`, and \`eraseme\` want that you signed in by a credential within
five minutes, or bring one; otherwise they are \`auth_required\`, with a nonce. A \`bye\` with the reason \`revoked\`, \`disabled\`,
\`name_registered\` or \`erased\` means that the same \`connect\` would fail: ask the user.

## Full clients

**Connecting.** Send the highest version that you speak as \`protocol\`; \`welcome\` has the lower version of both sides, and both
speak that one. Its \`session\` is a secret: save it for each server and name, where only its owner can read it, and send it in
the next \`connect\`. Then the server accepts you beside your own other connections (an old broken one ends by itself), you have
your rooms and read positions, and you may change the messages of this session. Without a session, or with one that the server
does not know, a new session begins; the server refuses that as \`name_taken\` while another session is connected under the
name. An older session takes the name back from a younger one and from plain clients, which are sent away (\`name_taken\`). A
client that comes back after its machine lost the old connection, from the same address, waits some seconds for its end. In
direct conversations a session sees the events since its beginning; one that is not the oldest of a name without an account sees
those since it last took the name from another session. The edit of a message that it does not see comes without the text.

**Seqs.** Every event has a \`seq\`, from one count for the whole log. Within a room seqs increase and are not dense, so never
compute the next one or count with them. \`prev\` is the seq of the room's previous event, 0 before the first: it proves that
nothing is missing. Order events by \`seq\`; \`ts\` is for display.

**Joining and resuming.** The answer to \`joinroom\` is \`ok\` with \`first\` and \`last\`, the bounds of the kept events.

- Without \`since\` only new events follow; \`history\` has the past.
- With \`since\`, the last seq that you hold, and \`epoch\`, the log of that seq, the events after it follow, and then the live
  ones, without a gap between. The replay ends when seq reaches \`last\`.
- \`epoch\` is a random name for the whole log. If \`ok\` has another one, or \`since\` is beyond \`last\`, the server ignored your
  \`since\`: your seqs have no meaning in this log. Start the room afresh, and tell the user. A room that was deleted and begun again has an
  epoch of its own, which begins with that of \`welcome\`: compare those of \`joinroom\`.
- If you missed too much (more than 1,000 events or 1 MiB), a \`gap\` with the reason \`long\` comes before the newest 100
  events. The events between \`after\` and \`before\`, both exclusive, still exist: \`history\` has them.
- Events that are no longer kept are a \`gap\` with the reason \`expired\`; nothing will fill it. Both kinds can follow each other.
- Any number from 0 to \`last\` is a position, whether or not an event of the room has it.

**Proving that nothing is missing.** A live event whose \`prev\` is not the last seq that you hold opens a gap: fill it with
\`history\`. Ignore a \`prev\` below \`first\`: that event is no longer kept. An event that you hold already changes nothing.

**Sending.** In each room send one request at a time: send the next after \`ok\` or \`error\`. \`ok\` only settles your request;
the event follows it, to you as to all members, and only events build the timeline. If the connection breaks before the
answer, connect again and send the same request with the same \`id\`: it is stored once. After an error that is worth a retry
([Errors](#errors)) the room's queue waits; show any other error to the user. The server reads a client later, without an
error, if it sends more than 20 messages at once and then more than 5 a second; \`typing\` and \`away\` count if others are told
of them.

**Names that look alike.** The server makes no room that people would take for another one, such as \`dеv\` with a Cyrillic letter beside
\`dev\` (\`room_invalid\`), and gives no free name that looks like an account's or like that of a person who is here (\`name_taken\`):
by the skeletons of UTS 39, where \`I\`, \`l\` and \`1\` are one. Names such as \`operator\` are the operator's to give (\`name_invalid\`). A
message or a reaction that shows nothing at all is a \`bad_frame\`.

**Rooms of a session.** A member is a live connection in a room: that is what \`members\`, \`people\`, \`joined\` and \`left\` count.
A session also keeps the list of the rooms that it joined and did not leave, each with a read position: \`rooms\` lists them,
also those that are not joined now. Unread are the undeleted messages of others after the read position.

**Renamed rooms.** An operator can rename a room. Every name that it has had leads to it, in every request, until it is
deleted. A client that names \`renames\` among the \`features\` of its \`connect\` gets the first name of the room as \`room\` in
every frame, for ever: keep what you hold of the room under it. What to show is \`title\`, in the answer to \`joinroom\` and in
\`rooms\`, where it differs, and in \`renamed\` when it changes. If you join by another name, \`room\` of the answer says which room it is; your
\`since\` was ignored then, so join once more by that name where you hold some of it. Any other client, also a plain one, gets
the name by which it joined as \`room\`, and a full one a \`notice\` of a rename. It can be in the room by one name at a time.

**Signs of life.** Send a \`ping\` with an \`id\` after 30 s without a byte from the server, or when an answer is late, and
close the connection if 20 s later no byte has come. The server closes a full connection that was silent for 120 s, one with
over 1 MiB waiting for it, and one that takes nothing for 10 s; if it can, it sends \`bye\` before. Connect again after a
pause that grows and is a little random, and join with \`since\`: nothing is lost.

**Several daemons.** Where more than one daemon serves the log, \`peers\` of \`welcome\` and of a \`bye\` with the reason
\`shutting_down\` or \`draining\` has the addresses of the others, as \`host:port\` or \`[IPv6]:port\`. Your session and your rooms
are the same at each of them, and so are the ids of your requests: after such a \`bye\`, wait for \`retryAfter\`, connect to a random one of
\`peers\`, and join with \`since\`. When a connection breaks, try the addresses that you know one after the other before you make a
pause. Look at no more than 16 of them, ignore what is no address, and trust each one no more than the server that told it: the same
checks of its certificate, and TLS where you had TLS.`,
  requests: `A request may carry \`id\`: exactly one answer has the same id, \`ok\` with the result or \`error\`. Without \`id\` a
success is not answered. For the requests that make an event (\`chat\`, \`edit\`, \`delete\`, \`react\`, \`topic\`) the id is the
event's identity, unique to your name for as long as the event is kept: the same id with the same content gets the first \`ok\`
again and stores nothing; with other content it is \`id_reused\`. Errors are not remembered. Answers can overtake each
other: match them by \`id\`. A \`?\` marks optional fields.
A server serves what \`welcome.features\` lists; the rest is \`unknown_action\`.`,
  events: `Events are the entries of a room's log. Every full connection in the room gets them, also the sender, after its
\`ok\`. A \`chat\` always comes in its present state: an older \`edit\`, \`delete\` or \`react\` changes nothing in it. \`last\` of a page
of \`history\` tells as of which seq its messages are. A replaced \`edit\` comes without its text. So any order of pages folds to
the same timeline.`,
  signals: `A \`gap\` is part of a replay (see [Full clients](#full-clients)). The others are signals: they are sent live, not
logged, and their loss does no harm. In rooms of more than 200 people there are no \`joined\`, \`left\`,
\`presence\` and \`typing\`; \`people\` comes instead. \`joined\`, \`left\`, \`people\` and
\`presence\` come up to 200 ms late, many in one piece; the order of lines on a connection stays.`,
  errors: `An error carries \`id\` if the line had a readable one. \`fatal\` tells whether the connection closes after it; \`may\`: if
the frame carries \`"fatal":true\`. Retry automatically only errors that are marked as retryable.
Programs decide by \`code\`. \`message\` is for a person, and ends with a reference, such as \`(c412-7)\`, if the log of the server
has a line about the error: the person tells it to the operator. The reference differs each time, so do not compare messages.

\`\`\`json
{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it","from":"chatd","id":"m1"}
\`\`\``,
  names: `A **username** is 1 to 32 of \`A-Za-z0-9_.-\`, starting with a letter, a digit or \`_\`. Alice and alice are one person;
clients show the spelling of the first connection. \`chatd\` is reserved.

A **room** is 1 to 64 code points, at most 128 bytes, of letters, marks, digits, \`_\`, \`.\` and \`-\` of any script, not starting
with a mark, without characters that draw nothing. Rooms are the same when NFC of the lower case of NFKC is. Clients show
the spelling of its creator. Screens write a \`#\` before a room; it is not part of the name. The first join creates a room.

**\`@alice\`** as a room is the direct conversation with alice. Every full connection of both people gets its events without
joining, a plain one after its own \`joinroom\`. A name that the server never saw is \`not_found\`. With your own name it is a
notebook.

**Mentions**: \`@name\` between characters that no name has, in any case; dots and hyphens at the end may belong to the sentence.`,
  limits: `Sizes are UTF-8 bytes, times milliseconds. \`welcome.limits\` has the values of a server that differ.`,
} as const
