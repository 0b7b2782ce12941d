/** The thread that hashes passwords; see `Passwords`. */
import { parentPort } from 'node:worker_threads'
import { checkPassword, hashPassword } from './passwordHash.ts'
import type { HashAnswer, HashTask } from './passwords.ts'

const port = parentPort
if (port === null) throw new Error('this is the entry of a thread, not a program')

port.on('message', ({ password, phc }: HashTask) => {
  const answer: HashAnswer =
    phc === undefined ? { hash: hashPassword(password) } : { isRight: checkPassword(password, phc) }
  port.postMessage(answer)
})
