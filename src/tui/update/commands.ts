/** The one table of commands: it runs them, completes them and is the help. */

import type { OutboxEntry } from '../../client/outbox.ts'
import { parseConversation, parseUsername } from '../../protocol/names.ts'
import type { Command, Problem } from '../commands/definitions.ts'
import { parseSearch } from '../commands/searchWords.ts'
import type { Candidates } from '../composer/completion.ts'
import { remember } from '../composer/inputHistory.ts'
import type { Effect } from '../model/effect.ts'
import { isOurs, isServed, lastMessage } from '../model/message.ts'
import { roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { sizeText } from '../select/sizeText.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { deleteLast, react } from './selection.ts'
import { remark, type Step, step } from './step.ts'

const NO_ROOM: Problem = { problem: clean`no room is open: /join one first` }

/** Every command but those of the program itself (`/help`, `/quit`), which the update knows. */
export const ROOM_COMMANDS: readonly Command[] = [
  {
    name: 'join',
    args: 'ROOM',
    help: 'open a room, or with @NAME a direct conversation; a new room is made',
    argument: 'room',
    run(state, _world, rest) {
      const place = placeOf(rest, 'join')
      return 'problem' in place ? place : step(state, { type: 'join', place: place.name })
    },
  },
  {
    name: 'leave',
    args: '[ROOM]',
    help: 'leave this room, or another',
    argument: 'room',
    run(state, world, rest) {
      if (rest === '') return inRoom(state, world, room => ({ type: 'leave', room }))
      const wanted = rest.replace(/^#/, '')
      const place = parseConversation(wanted)
      const room = [...world.client.rooms.values()].find(
        ({ key, name }) =>
          name === wanted || (place.ok && place.value.kind === 'room' && place.value.key === key),
      )
      if (room === undefined) return { problem: clean`${cleanLine(rest)} is not open` }
      return step(state, { type: 'leave', room: room.key })
    },
  },
  {
    name: 'msg',
    args: 'NAME [TEXT]',
    help: 'say something to one person, or open the conversation',
    argument: 'name',
    run(state, _world, rest) {
      const [, who = '', text = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? []
      const place = placeOf(/^[@#]/.test(who) ? who : `@${who}`, 'msg')
      if ('problem' in place) return place
      if (text === '') return step(state, { type: 'join', place: place.name })
      return step(state, { type: 'tell', place: place.name, text })
    },
  },
  {
    name: 'topic',
    args: '[TEXT]',
    help: 'set the topic of this room, or show it; /topic - takes it away',
    run(state, world, rest) {
      const room = roomOf(world, state.current)
      if (room === undefined) return NO_ROOM
      if (rest === '') {
        const shown =
          room.topic === '' ? clean`no topic is set` : clean`the topic is: ${cleanLine(room.topic)}`
        return step(remark(state, world, [shown]))
      }
      const topic = rest === '-' ? '' : rest
      const tooLong = excess('topic', topic, world.client.limits.topic)
      return tooLong ?? step(state, { type: 'topic', room: room.key, topic })
    },
  },
  {
    name: 'search',
    args: '[in:ROOM] [from:NAME] [before:DAY] WORDS',
    help: 'find messages in your rooms that have all the words',
    run(state, world, rest) {
      if (!isServed(world, 'search')) return { problem: clean`this server does not serve searches` }
      if (world.client.link.status !== 'online') return { problem: clean`searching needs the line to be up` }
      const query = parseSearch(rest, state, world)
      if ('problem' in query) return query
      const overlay = {
        kind: 'search',
        asked: rest,
        hits: undefined,
        cursor: undefined,
        chosen: 0,
        context: undefined,
      } as const
      return step({ ...state, overlay }, { type: 'search', asked: rest, query })
    },
  },
  {
    name: 'delete',
    args: '',
    help: 'delete your last message in this room, for everybody',
    run(state, world) {
      const room = roomOf(world, state.current)
      if (room === undefined) return NO_ROOM
      if (!isServed(world, 'delete')) return { problem: clean`this server does not serve deletion` }
      return deleteLast(state, world, room) ?? { problem: clean`there is no message of yours here` }
    },
  },
  {
    name: 'react',
    args: 'EMOJI',
    help: 'react to the last message of somebody else, or take that back',
    run(state, world, rest) {
      const room = roomOf(world, state.current)
      if (room === undefined) return NO_ROOM
      if (rest === '' || /\s/.test(rest)) return { problem: clean`with what? /react 👍` }
      const bytes = Buffer.byteLength(rest)
      if (bytes > world.client.limits.emoji) return { problem: clean`that is too long for a reaction` }
      const message = lastMessage(room, candidate => !isOurs(world, candidate))
      if (message === undefined) return { problem: clean`nobody else has said anything here` }
      return react(state, world, room, message, rest)
    },
  },
  {
    name: 'reply',
    args: 'TEXT',
    help: 'answer the last message of somebody else (Ctrl+S selects another)',
    run(state, world, rest) {
      const room = roomOf(world, state.current)
      if (room === undefined) return NO_ROOM
      if (rest.trim() === '') return { problem: clean`what? /reply yes, at noon` }
      const message = lastMessage(room, candidate => !isOurs(world, candidate))
      if (message === undefined) return { problem: clean`nobody else has said anything here` }
      const tooLong = excess('text', rest, world.client.limits.message)
      if (tooLong !== undefined) return tooLong
      return step(withRoom(state, { anchor: 'bottom', marker: undefined, wasSaid: true }), {
        type: 'say',
        room: room.key,
        text: rest,
        replyTo: message.seq,
      })
    },
  },
  {
    name: 'who',
    args: '',
    help: 'who is in this room',
    run: (state, world) => inRoom(state, world, room => ({ type: 'who', room })),
  },
  {
    name: 'away',
    args: '[TEXT]',
    help: 'say that you are away; without a text, that you are back',
    run(state, world, rest) {
      const tooLong = excess('text', rest, world.client.limits.away)
      if (tooLong !== undefined) return tooLong
      const said = rest === '' ? clean`you are back` : clean`you are away: ${cleanLine(rest)}`
      return step(remark(state, world, [said]), { type: 'away', message: rest === '' ? undefined : rest })
    },
  },
  {
    name: 'retry',
    args: '',
    help: 'send again what was not sent in this room',
    run: (state, world) =>
      withFailed(state, world, failed =>
        step(state, ...failed.map(({ id }) => ({ type: 'retry', id }) as const)),
      ),
  },
  {
    name: 'discard',
    args: '',
    help: 'give up what was not sent in this room; Up brings the text back',
    run: (state, world) =>
      withFailed(state, world, failed =>
        step(failed.reduce(recalled, state), ...failed.map(({ id }) => ({ type: 'discard', id }) as const)),
      ),
  },
  {
    name: 'nick',
    args: 'NAME',
    help: 'take another name, where the server refused yours',
    run(state, world, rest) {
      const name = parseUsername(rest)
      if (!name.ok) return { problem: cleanLine(name.error.message) }
      if (world.client.link.status !== 'refused') {
        return { problem: clean`you are connected; start again with --user to be somebody else` }
      }
      return step(state, { type: 'rename', name: name.value })
    },
  },
  {
    name: 'reconnect',
    args: '',
    help: 'connect now instead of later',
    run: (state, world) =>
      world.client.link.status === 'online'
        ? { problem: clean`the line is up` }
        : step(state, { type: 'reconnect' }),
  },
]

/** The failed messages of the current room. */
function withFailed(
  state: ScreenState,
  world: World,
  act: (failed: readonly OutboxEntry[]) => Step,
): Step | Problem {
  const failed = roomOf(world, state.current)?.outbox.filter(entry => entry.state.status === 'failed') ?? []
  return failed.length === 0 ? { problem: clean`everything in this room was sent` } : act(failed)
}

/** The text of what is given up goes into the history: nothing that was typed is lost. */
function recalled(state: ScreenState, { request }: OutboxEntry): ScreenState {
  if (request.action !== 'chat') return state
  return withRoom(state, { history: remember(roomScreen(state).history, request.message) })
}

function inRoom(state: ScreenState, world: World, effect: (room: string) => Effect): Step | Problem {
  const room = roomOf(world, state.current)
  return room === undefined ? NO_ROOM : step(state, effect(room.key))
}

/** A room or person by name, as people write it. */
function placeOf(written: string, command: 'join' | 'msg'): { readonly name: string } | Problem {
  const name = written.replace(/^#/, '')
  if (name === '' || name === '@') {
    return { problem: command === 'join' ? clean`which room? /join lobby` : clean`whom? /msg alice hello` }
  }
  if (/\s/.test(name)) return { problem: clean`a name has no spaces in it` }
  const place = parseConversation(name)
  return place.ok ? { name } : { problem: cleanLine(place.error.message) }
}

function excess(what: 'topic' | 'text', text: string, most: number): Problem | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes <= most) return undefined
  const noun: CleanText = what === 'topic' ? clean`topic` : clean`text`
  return {
    problem: clean`the ${noun} has ${sizeText(bytes)}, the server takes ${sizeText(most)}: shorten it`,
  }
}

/** What the program itself does for a command, by name; the update carries it out. */
const PROGRAM_COMMANDS = [
  { name: 'help', args: '', help: 'keys and commands' },
  { name: 'quit', args: '', help: 'leave the program' },
] as const

/** The commands as the help overlay shows them. */
export function commandHelp(): readonly (readonly [string, string])[] {
  const rows = [...ROOM_COMMANDS, ...PROGRAM_COMMANDS].map(
    ({ name, args, help }) => [args === '' ? `/${name}` : `/${name} ${args}`, help] as const,
  )
  return [...rows, ['//', 'begins a message with a slash']]
}

/** The commands as completion knows them. */
export function completionCommands(): Candidates['commands'] {
  return [...ROOM_COMMANDS, ...PROGRAM_COMMANDS]
}

/** The name and the rest of a line that begins with a slash. */
export function parseCommand(text: string): { readonly name: string; readonly rest: string } {
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? []
  return { name: name.toLowerCase(), rest: rest.trimEnd() }
}

/** What to say about a name that is no command. */
export function unknownCommand(name: string): CleanText {
  return clean`there is no command /${cleanLine(name)}: F1 lists them; begin with // to send a slash`
}
