import type { DatabaseSync } from 'node:sqlite'
import { mentionedNames } from '../../../protocol/names.ts'
import { skeletonOf } from '../skeleton.ts'
import { splitIndexes } from './splitIndexes.ts'

/**
 * How the log is laid out on disk, as steps from an empty file on: `user_version` says how many were taken.
 * A step that was released is never changed.
 *
 * - `names`: all people who ever said something or had a session. Events refer to people by number, so that erasing a
 *   name changes one row.
 * - `rooms`: `first_prev` is the seq of the last event that is no longer kept.
 * - `events`: a message stands here as it stands now; an edit keeps its text until another change overtakes it.
 *   `prev` is stored, since removing older events must not change it. `id` is null where the request had none.
 *   `target` is the message that the event changes or answers; `is_on` is for reactions.
 * - `reactions`: the reactions that stand now, each with the seq of its event. `since` is the seq since which the message
 *   has had this emoji without a break: it orders the emoji, also after the first person took the reaction back.
 * - `words`: the search index, see `grams.ts`; `log.grams` is the version of its rules. It is filled behind the commit up
 *   to `indexed`. Rooms and authors are grams too, so that a search in one room reads nothing of others.
 * - `sessions`: `into_session` is the account's session that this one became part of; `used` is a day since 1970.
 * - `accounts`, `secrets`, `invites`, `policy`: see `log/accounts.ts`. Lists of rooms have a line each.
 * - `audit`: refers to people by number, so that erasing a name works.
 * - `reaction_kinds`: how many people stand in `reactions` with an emoji, and `since` when the message has had it.
 * - `mentions`: whom a message mentions as it stands now, of the people whom the log knew when it was said.
 * - `room_events`: which events a room has. It is filled behind the commit: all up to `log.filled` are there, or in
 *   `earlier_room_events`, those before this table was. See `roomSeqs.ts`.
 * - `event_ids`: the ids of events; an author uses each once. Those from before it are in `earlier_event_ids`.
 * - `rooms.last`, `directs.last`: the newest event that is filled, or was removed.
 * - `rooms.title`: what the room is called since it was renamed; null: its name. `rooms.key` and `rooms.name` never change.
 * - `rooms.topic_seq`: the event that set the topic; 0: not known, or there is none.
 * - `room_names`: further names that lead to a room, all that it ever had. `skeleton` as in `rooms`; null: the room ends.
 * - `ended_rooms`: the names of rooms that were deleted, with the newest seq of the log then. While its rows are removed, a
 *   deleted room stands in `rooms` under another key: see `endingRooms.ts`.
 * - `sessions.holds`: the session said something, or listed a room. `names.spoke`: the person said something.
 *   `log.session` is the highest number of a session. `log.clock`: see `retentionClock.ts`; null: not known yet.
 */
const STEPS: readonly (string | ((database: DatabaseSync) => void))[] = [
  `
  CREATE TABLE log (epoch TEXT NOT NULL, last INTEGER NOT NULL, indexed INTEGER NOT NULL) STRICT;
  CREATE TABLE names (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
  CREATE TABLE rooms (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    topic TEXT NOT NULL DEFAULT '',
    first_prev INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    prev INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    author INTEGER NOT NULL,
    action TEXT NOT NULL,
    id TEXT,
    session INTEGER,
    target INTEGER,
    text TEXT,
    emoji TEXT,
    is_on INTEGER,
    edited INTEGER,
    deleted INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX events_of_room ON events (room, seq);
  CREATE UNIQUE INDEX events_by_id ON events (author, id) WHERE id IS NOT NULL;
  CREATE INDEX events_by_target ON events (target) WHERE target IS NOT NULL;
  CREATE TABLE reactions (
    target INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    author INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (target, emoji, author)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    person INTEGER NOT NULL,
    began INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE reads (
    session INTEGER NOT NULL,
    room TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (session, room)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE retention (room TEXT PRIMARY KEY, days REAL, messages INTEGER) STRICT;
  CREATE VIEW searchable AS
    SELECT seq, text, 'r' || room || ' a' || author AS scope FROM events WHERE action = 'chat';
  CREATE VIRTUAL TABLE words USING fts5 (
    text, scope, content = 'searchable', content_rowid = 'seq', detail = 'column', columnsize = 0,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
  `,
  // WordIndex merges the index, a little in each transaction. FTS5's own merging stalls every tenth commit by some 40 ms.
  "INSERT INTO words (words, rank) VALUES ('automerge', 0)",
  // Parts of words are found, in every script. Nothing asks for positions or sizes: the reader looks at the message itself.
  `
  DROP TABLE words;
  DROP VIEW searchable;
  CREATE VIRTUAL TABLE words USING fts5 (
    grams, content = '', detail = 'none', columnsize = 0, tokenize = "ascii tokenchars '^#@$+<=>|~'"
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
  INSERT INTO words (words, rank) VALUES ('automerge', 0);
  ALTER TABLE log ADD COLUMN grams TEXT NOT NULL DEFAULT '';
  UPDATE log SET indexed = 0;
  `,
  `
  ALTER TABLE reactions ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
  UPDATE reactions SET since = (
    SELECT min(first.seq) FROM reactions first WHERE first.target = reactions.target AND first.emoji = reactions.emoji
  );
  `,
  // An account is a session whose name is reserved. Sessions from before keep their numbers, which events carry.
  `
  CREATE TABLE accounts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL UNIQUE,
    session INTEGER NOT NULL UNIQUE,
    password TEXT,
    role TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE secrets (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    label TEXT NOT NULL,
    line TEXT,
    may TEXT,
    rooms TEXT,
    created INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expires INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX secrets_by_hash ON secrets (hash) WHERE kind <> 'key';
  CREATE UNIQUE INDEX keys_of_account ON secrets (account, hash) WHERE kind = 'key';
  CREATE INDEX secrets_of_account ON secrets (account);
  CREATE TABLE invites (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    name TEXT,
    role TEXT NOT NULL,
    rooms TEXT NOT NULL,
    uses INTEGER NOT NULL,
    expires INTEGER,
    by INTEGER
  ) STRICT;
  CREATE TABLE policy (names TEXT NOT NULL, guests TEXT NOT NULL) STRICT;
  INSERT INTO policy VALUES ('open', 'speak');
  CREATE TABLE audit (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    ts INTEGER NOT NULL,
    by INTEGER,
    deed TEXT NOT NULL,
    target INTEGER,
    detail TEXT NOT NULL
  ) STRICT;
  ALTER TABLE sessions ADD COLUMN into_session INTEGER;
  ALTER TABLE sessions ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
  UPDATE sessions SET used = last.day FROM (
    SELECT session, max(ts) / 86400000 AS day FROM events WHERE session IS NOT NULL GROUP BY session
  ) AS last WHERE last.session = sessions.number;
  CREATE INDEX sessions_of_person ON sessions (person);
  `,
  // What was counted when it was read is counted when it changes: a page, a count and a start cost what they give.
  `
  CREATE TABLE reaction_kinds (
    target INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    since INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (target, emoji)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO reaction_kinds SELECT target, emoji, min(since), count(*) FROM reactions GROUP BY target, emoji;
  CREATE INDEX reactions_in_order ON reactions (target, emoji, seq);
  CREATE INDEX reactions_of_author ON reactions (author, target, emoji);
  CREATE TABLE mentions (
    seq INTEGER NOT NULL,
    person INTEGER NOT NULL,
    room INTEGER NOT NULL,
    PRIMARY KEY (seq, person)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO mentions SELECT e.seq, names.number, e.room FROM events e, json_each(mentioned(e.text)) AS name
    JOIN names ON names.key = name.value
    WHERE e.action = 'chat' AND instr(e.text, '@') > 0 AND names.number <> e.author;
  CREATE UNIQUE INDEX mentions_of_person ON mentions (person, room, seq);
  ALTER TABLE rooms ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
  UPDATE rooms SET last = coalesce((SELECT max(seq) FROM events WHERE room = number), first_prev);
  CREATE INDEX public_rooms ON rooms (last) WHERE substr(key, 1, 1) <> '@';
  CREATE TABLE directs (
    name TEXT NOT NULL,
    room INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (room, name)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO directs SELECT substr(key, 2, instr(key, ' ') - 2), number, last FROM rooms
    WHERE substr(key, 1, 1) = '@';
  INSERT OR IGNORE INTO directs SELECT substr(key, instr(key, ' ') + 2), number, last FROM rooms
    WHERE substr(key, 1, 1) = '@';
  CREATE INDEX directs_of_name ON directs (name, last);
  ALTER TABLE log ADD COLUMN ordered INTEGER NOT NULL DEFAULT 0;
  UPDATE log SET ordered = last;
  ALTER TABLE log ADD COLUMN clock INTEGER;
  ALTER TABLE log ADD COLUMN session INTEGER NOT NULL DEFAULT 0;
  UPDATE log SET session = max(
    coalesce((SELECT max(number) FROM sessions), 0), coalesce((SELECT max(session) FROM events), 0)
  );
  ALTER TABLE sessions ADD COLUMN holds INTEGER NOT NULL DEFAULT 0;
  UPDATE sessions SET holds = 1 WHERE number IN (
    SELECT session FROM events WHERE session IS NOT NULL UNION SELECT session FROM reads
  );
  ALTER TABLE names ADD COLUMN spoke INTEGER NOT NULL DEFAULT 0;
  UPDATE names SET spoke = 1 WHERE number IN (SELECT author FROM events);
  CREATE INDEX audit_by ON audit (by);
  CREATE INDEX audit_target ON audit (target);
  CREATE INDEX open_sessions ON sessions (holds, used, number)
    WHERE into_session IS NULL AND hash NOT LIKE 'account %' AND hash NOT LIKE 'erased %';
  `,
  // What names look like: a new room or account must not look like one that is there.
  `
  ALTER TABLE rooms ADD COLUMN skeleton TEXT;
  UPDATE rooms SET skeleton = skeleton(name) WHERE substr(key, 1, 1) <> '@';
  CREATE INDEX rooms_by_skeleton ON rooms (skeleton) WHERE skeleton IS NOT NULL;
  ALTER TABLE accounts ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';
  UPDATE accounts SET skeleton = skeleton((SELECT name FROM names WHERE number = person));
  CREATE INDEX accounts_by_skeleton ON accounts (skeleton);
  `,
  // Which messages of a room call a person. A room without a row has nothing set.
  `
  CREATE TABLE notify (
    session INTEGER NOT NULL,
    room TEXT NOT NULL,
    level TEXT,
    muted INTEGER NOT NULL,
    PRIMARY KEY (session, room)
  ) STRICT, WITHOUT ROWID;
  `,
  // Where the log was when a room was deleted: what clients hold from before is of another room.
  'CREATE TABLE ended_rooms (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  // What rooms are called, apart from the key under which everything of them is kept.
  `
  ALTER TABLE rooms ADD COLUMN title TEXT;
  CREATE TABLE room_names (key TEXT PRIMARY KEY, room INTEGER NOT NULL, skeleton TEXT) STRICT, WITHOUT ROWID;
  CREATE INDEX names_of_room ON room_names (room);
  CREATE INDEX room_names_by_skeleton ON room_names (skeleton) WHERE skeleton IS NOT NULL;
  `,
  // What is new stands together, of all rooms and authors. `ordered` is called `filled`.
  splitIndexes,
  // Which event set the topic of a room: an erasing goes by that, and not by the text.
  'ALTER TABLE rooms ADD COLUMN topic_seq INTEGER NOT NULL DEFAULT 0',
]

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = STEPS.length

/** The version of the schema of a file; 0: it is empty. */
export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** Brings an older or an empty file to the newest version, in one transaction. */
export function migrate(database: DatabaseSync, epoch: string): void {
  const version = schemaVersion(database)
  if (version === SCHEMA_VERSION) return
  database.function('mentioned', { deterministic: true }, text =>
    JSON.stringify(typeof text === 'string' ? [...mentionedNames(text)] : []),
  )
  database.function('skeleton', { deterministic: true }, name =>
    typeof name === 'string' ? skeletonOf(name) : null,
  )
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of STEPS.slice(version)) {
      if (typeof step === 'string') database.exec(step)
      else step(database)
    }
    if (version === 0) database.prepare('INSERT INTO log (epoch, last, indexed) VALUES (?, 0, 0)').run(epoch)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
