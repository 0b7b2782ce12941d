/**
 * The least work of a chat server on Node: it sends each read to every other socket, with one write for each socket and
 * tick. It parses nothing and keeps nothing. Usage: `node floor.ts PORT`
 */
import { createServer, type Socket } from 'node:net'

interface Member {
  readonly socket: Socket
  readonly owed: Buffer[]
}

const members: Member[] = []
let isScheduled = false

function endTick(): void {
  isScheduled = false
  // Nearly all sockets are owed the same bytes, so these are joined only once.
  let parts: readonly Buffer[] = []
  let joined = Buffer.alloc(0)
  for (const { socket, owed } of members) {
    if (owed.length === 0) continue
    if (owed.length !== parts.length || owed.some((part, at) => part !== parts[at])) {
      parts = [...owed]
      joined = Buffer.concat(owed)
    }
    owed.length = 0
    socket.write(joined)
  }
}

createServer({ noDelay: true }, socket => {
  const me: Member = { socket, owed: [] }
  members.push(me)
  socket.on('data', (chunk: Buffer) => {
    for (const member of members) if (member !== me) member.owed.push(chunk)
    if (isScheduled) return
    isScheduled = true
    setImmediate(endTick)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => members.splice(members.indexOf(me), 1))
}).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 })
