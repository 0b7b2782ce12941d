/**
 * The least work of a chat server on Node: it sends each read to every other socket of the room, with one write for each
 * socket and tick. The first read of a connection begins with a line that is its room; after that nothing is parsed, and
 * nothing is kept. Usage: `node floor.ts PORT`
 */
import { createServer, type Socket } from 'node:net'

interface Member {
  readonly socket: Socket
  readonly owed: Buffer[]
}

type Room = Member[]

const NEWLINE = '\n'.charCodeAt(0)

const rooms = new Map<string, Room>()
/** Members that are owed something in this tick. */
const owing: Member[] = []

function endTick(): void {
  // Nearly all sockets are owed the same bytes, so these are joined only once.
  let parts: readonly Buffer[] = []
  let joined = Buffer.alloc(0)
  for (const { socket, owed } of owing) {
    if (owed.length !== parts.length || owed.some((part, at) => part !== parts[at])) {
      parts = [...owed]
      joined = Buffer.concat(owed)
    }
    owed.length = 0
    socket.write(joined)
  }
  owing.length = 0
}

/** The room that the first line of a connection names. */
function enter(member: Member, line: string): Room {
  const room = rooms.get(line) ?? []
  rooms.set(line, room)
  room.push(member)
  return room
}

createServer({ noDelay: true }, socket => {
  const me: Member = { socket, owed: [] }
  let room: Room | undefined
  socket.on('data', (chunk: Buffer) => {
    let said = chunk
    if (room === undefined) {
      const end = chunk.indexOf(NEWLINE)
      room = enter(me, chunk.toString('latin1', 0, end))
      said = chunk.subarray(end + 1)
      if (said.length === 0) return
    }
    if (owing.length === 0) setImmediate(endTick)
    for (const member of room) {
      if (member === me) continue
      if (member.owed.push(said) === 1) owing.push(member)
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => room?.splice(room.indexOf(me), 1))
}).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 })
