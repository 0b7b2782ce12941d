/**
 * A client program that is killed: `speaker.ts DIRECTORY PORT RUN ROOM`. Sends numbered messages through the client core
 * with its outbox on disk, and prints each once it is said. At SIGTERM it says no more, and ends when all is stored.
 */
import { createClient } from '../../src/client/core.ts'
import { StateFile } from '../../src/client/stateFile.ts'

const [directory = '', port = '', run = '', room = ''] = process.argv.slice(2)
const AT_ONCE = 8
/** Printed once a SIGTERM is understood. */
const READY = 'ready'

const login = { host: '127.0.0.1', port: Number(port), username: 'sam' }
const file = new StateFile(directory, login, message => process.stderr.write(`${message}\n`))
const client = createClient({
  ...login,
  clientName: 'storm',
  rooms: [room],
  session: file.saved.session,
  store: file,
})
let number = 0
let isQuiet = false
client.subscribe(event => {
  if (event.type === 'session') file.update({ session: event.session })
  else sayMore()
})
process.on('SIGTERM', () => {
  isQuiet = true
  client.reconnectNow()
  setInterval(() => {
    if (client.hasUnsent) return
    void client.close().then(() => process.exit(0))
  }, 20)
})
process.stdout.write(`${READY}\n`)
client.start()
setInterval(sayMore, 5)

function sayMore(): void {
  const view = client.rooms.get(room)
  if (isQuiet || view === undefined || view.outbox.length >= AT_ONCE) return
  const text = `sam ${run} ${++number}`
  if (client.say(room, text).ok) process.stdout.write(`${text}\n`)
}
