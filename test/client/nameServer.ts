import { createSocket } from 'node:dgram'
import { onTestFinished } from 'vitest'

/** One SRV record. */
interface Srv {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** A name server on this machine. */
export interface NameServer {
  /** For `Resolver.setServers`. */
  readonly address: string
  /** The names that it was asked for. */
  readonly asked: readonly string[]
}

/** `silent`: no answer comes. */
type Answer = readonly Srv[] | 'silent'

const HEADER = 12
const SRV = 33

/** A DNS server over UDP that knows some SRV records, and no other name; it ends with the test. */
export async function startNameServer(zone: Readonly<Record<string, Answer>>): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, HEADER) + 1
    const name = readName(query.subarray(HEADER, end))
    asked.push(name)
    const answer = zone[name]
    if (answer === 'silent') return
    const isKnown = answer !== undefined && query.readUInt16BE(end) === SRV
    const records = isKnown ? answer : []
    const header = Buffer.from(query.subarray(0, HEADER))
    // A response, with recursion; code 3 says that there is no such name.
    header.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(records.length, 6)
    header.writeUInt32BE(0, 8)
    const question = query.subarray(HEADER, end + 4)
    socket.send(Buffer.concat([header, question, ...records.map(writeRecord)]), from.port, from.address)
  })
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

function readName(bytes: Buffer): string {
  const labels: string[] = []
  for (let at = 0; bytes[at] !== 0 && at < bytes.length; at += (bytes[at] ?? 0) + 1)
    labels.push(bytes.toString('ascii', at + 1, at + 1 + (bytes[at] ?? 0)))
  return labels.join('.')
}

function writeRecord({ priority, weight, port, target }: Srv): Buffer {
  const labels = target.split('.').filter(label => label !== '')
  const name = Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
  // The name of the question, SRV, IN, 60 s, and the length of what follows.
  const head = Buffer.from([0xc0, HEADER, 0, SRV, 0, 1, 0, 0, 0, 60, 0, 6 + name.length])
  const numbers = Buffer.alloc(6)
  for (const [at, number] of [priority, weight, port].entries()) numbers.writeUInt16BE(number, at * 2)
  return Buffer.concat([head, numbers, name])
}
