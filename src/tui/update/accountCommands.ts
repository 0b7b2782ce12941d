/** The commands about the own account. */

import { failure, type Result, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { CommandName } from '../commands/definitions.ts'
import type { AccountRequest } from '../model/account.ts'
import { isServed } from '../model/message.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { askCredential } from './credential.ts'
import { type Step, step } from './step.ts'

type Outcome = Result<Step, CleanText>
type Run = (state: ScreenState, world: World, rest: string) => Outcome

/** The names of the commands about the account. */
type AccountCommand = Extract<
  CommandName,
  | 'register'
  | 'password'
  | 'keys'
  | 'devices'
  | 'token'
  | 'revoke'
  | 'invite'
  | 'logout'
  | 'mydata'
  | 'eraseme'
>

/** What each of them does. */
export const ACCOUNT_RUNS: Readonly<Record<AccountCommand, Run>> = {
  register(state, world) {
    const { client } = world
    if (!isServed(world, 'register')) return failure(clean`this server has no accounts`)
    if (client.role !== undefined)
      return failure(
        clean`${cleanLine(client.username)} is yours already: /keys, /devices and /password change what opens it`,
      )
    const reason = clean`${cleanLine(client.username)} becomes yours: nobody else can take the name, and your rooms and messages come along. What shall open it?`
    return success(askCredential(state, { for: 'register' }, reason))
  },

  password: (state, world) =>
    owning(world, () =>
      success(
        askCredential(
          state,
          { for: 'newPassword' },
          clean`At least 8 characters. It is typed twice, and not shown.`,
        ),
      ),
    ),

  keys: (state, world) => owning(world, () => asked(state, { action: 'list', kind: 'key' })),
  devices: (state, world) => owning(world, () => asked(state, { action: 'list', kind: 'device' })),

  token(state, world, rest) {
    return owning(world, () => {
      if (rest === '') return asked(state, { action: 'list', kind: 'token' })
      const [rooms = '', second = '', ...words] = rest.split(/\s+/)
      const may = second === 'read' ? 'read' : 'speak'
      const label = (second === 'read' || second === 'speak' ? words : [second, ...words]).join(' ').trim()
      return asked(state, {
        action: 'token',
        rooms: rooms.split(',').map(room => room.replace(/^#/, '')),
        may,
        label: label === '' ? 'a program' : label,
      })
    })
  },

  revoke(state, world, rest) {
    return owning(world, () => {
      if (!/^\d{1,9}$/.test(rest))
        return failure(clean`which? /revoke 7, by its number; /devices, /keys and /token revoke too`)
      return asked(state, { action: 'revoke', n: Number(rest) })
    })
  },

  invite(state, world, rest) {
    return owning(world, () => {
      const current = roomOf(world, state.current)
      const here = current?.kind === 'room' ? current.name : undefined
      return asked(state, { action: 'invite', room: rest === '' ? here : rest.replace(/^#/, '') })
    })
  },

  logout: (state, world) => owning(world, () => asked(state, { action: 'logout' })),

  mydata(state, world, rest) {
    if (!isServed(world, 'mydata')) return failure(clean`this server does not serve that`)
    if (rest === '') return failure(clean`into which file? /mydata my-chat.jsonl`)
    return asked(state, { action: 'mydata', file: rest })
  },

  eraseme(state, world, rest) {
    return owning(world, () => {
      const { username } = world.client
      if (foldName(rest) !== foldName(username))
        return failure(
          clean`this deletes all that you said here, and your account, for ever: /eraseme ${cleanLine(username)}`,
        )
      return asked(state, { action: 'eraseme', name: username })
    })
  },
}

function owning({ client }: World, act: () => Outcome): Outcome {
  if (client.link.status !== 'online') return failure(clean`that needs a connection`)
  return client.role === undefined
    ? failure(clean`${cleanLine(client.username)} has no account yet: /register makes one`)
    : act()
}

function asked(state: ScreenState, request: AccountRequest): Outcome {
  return success(step(state, { type: 'account', request }))
}
