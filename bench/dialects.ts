/** The lines of the load in the protocol of one server. Every message contains `~`; no other line does. */
export interface Dialect {
  /** The first lines of a connection. */
  hello(name: string): string
  /** The load sends more lines only after the server has sent this text; undefined: at once. */
  readonly welcome?: string
  join(room: string): string
  say(room: string, text: string): string
}

const plain: Dialect = {
  hello: name => `{"action":"connect","username":"${name}"}\n`,
  join: room => `{"action":"joinroom","room":"${room}"}\n`,
  say: (room, text) => `{"action":"chat","room":"${room}","message":"${text}"}\n`,
}

const irc: Dialect = {
  hello: name => `NICK ${name}\r\nUSER ${name} 0 * :${name}\r\n`,
  welcome: ' 001 ',
  join: room => `JOIN #${room}\r\n`,
  say: (room, text) => `PRIVMSG #${room} :${text}\r\n`,
}

const nats: Dialect = {
  hello: () => 'CONNECT {"verbose":false,"pedantic":false}\r\n',
  join: room => `SUB ${room} 1\r\n`,
  say: (room, text) => `PUB ${room} ${text.length}\r\n${text}\r\n`,
}

const bare: Dialect = { hello: () => '', join: room => `${room}\n`, say: (_, text) => `${text}\n` }

/** The dialects by name. */
export const DIALECTS = { plain, irc, nats, bare } as const satisfies Record<string, Dialect>

/** The name of a protocol. */
export type DialectName = keyof typeof DIALECTS
