/** Steps of a state file from an empty file on; `user_version` says how many were taken. A released step is never changed. */
export const STATE_STEPS: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE rooms (place INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
  CREATE TABLE outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    room TEXT NOT NULL,
    request TEXT NOT NULL,
    ts INTEGER NOT NULL,
    code TEXT,
    message TEXT,
    owner TEXT NOT NULL
  ) STRICT;
  CREATE TABLE drafts (room TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE inputs (room TEXT NOT NULL, place INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (room, place)) STRICT;
  `,
  // A draft belongs to the process that composes it; sent texts are only appended; leaves wait for the server.
  `
  CREATE TABLE composing (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    owner TEXT NOT NULL,
    text TEXT NOT NULL,
    answers_id TEXT,
    answers_seq INTEGER,
    UNIQUE (room, owner)
  ) STRICT;
  INSERT INTO composing (room, owner, text) SELECT room, '', text FROM drafts;
  CREATE TABLE sent (number INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  INSERT INTO sent (room, text) SELECT room, text FROM inputs ORDER BY room, place;
  CREATE INDEX sent_by_room ON sent (room, number);
  CREATE TABLE leaves (room TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
  DROP TABLE drafts;
  DROP TABLE inputs;
  `,
]
