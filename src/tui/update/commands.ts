/** What each command of the composer does; its name and help stand in `commands/definitions.ts`. */

import type { OutboxEntry } from '../../client/outbox.ts'
import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { parseConversation, parseUsername } from '../../protocol/names.ts'
import { type CommandName, commandNamed, unknownCommand } from '../commands/definitions.ts'
import { parseSearch } from '../commands/searchWords.ts'
import { remember } from '../composer/inputHistory.ts'
import type { Effect } from '../model/effect.ts'
import type { ScreenEvent } from '../model/event.ts'
import { isOurs, isServed, lastMessage } from '../model/message.ts'
import { roomScreen, type ScreenState, withLateError, withNotice, withRoom } from '../model/state.ts'
import { roomNamed, roomOf, type World } from '../model/world.ts'
import { sizeText } from '../select/sizeText.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import { ACCOUNT_RUNS } from './accountCommands.ts'
import { spoken } from './gaze.ts'
import { quit } from './leave.ts'
import { openMentions } from './search.ts'
import { react } from './selection.ts'
import { SETTING_RUNS } from './settingCommands.ts'
import { remark, type Step, step } from './step.ts'
import { openSwitcher } from './switcherKeys.ts'

/** A step, or why the command could not run; then the typed line stays in the composer. */
type Outcome = Result<Step, CleanText>

/** @param rest what stands behind the name, without white space around it */
type Run = (state: ScreenState, world: World, rest: string) => Outcome

/** Cells of a message's text in a sentence about it. */
const QUOTED_CELLS = 40

const NO_ROOM = failure(clean`no room is open: /join one first`)
const NO_MESSAGE = failure(clean`no other person has said anything here`)

const RUNS: Readonly<Record<CommandName, Run>> = {
  join(state, _world, rest) {
    const conversation = conversationNamed(rest, clean`which room? /join lobby`)
    return conversation.ok
      ? done(state, { type: 'join', conversation: conversation.value, isSure: false })
      : conversation
  },

  leave(state, world, rest) {
    if (rest === '') return inRoom(state, world, room => ({ type: 'leave', room }))
    const room = roomNamed(world.client, rest.replace(/^#/, ''))
    return room === undefined
      ? failure(clean`${cleanLine(rest)} is not open`)
      : done(state, { type: 'leave', room: room.key })
  },

  msg(state, _world, rest) {
    const [, name = '', text = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? []
    const written = /^[@#]/.test(name) ? name : `@${name}`
    const conversation = conversationNamed(written, clean`whom? /msg alice hello`)
    if (!conversation.ok) return conversation
    return text === ''
      ? done(state, { type: 'join', conversation: conversation.value, isSure: false })
      : done(state, { type: 'tell', conversation: conversation.value, text })
  },

  topic(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    if (rest === '') {
      const shown = room.topic === '' ? clean`no topic is set` : clean`the topic is: ${cleanLine(room.topic)}`
      return done(remark(state, world, [shown]))
    }
    const topic = rest === '-' ? '' : rest
    return within(world.client.limits.topic, clean`topic`, topic, () =>
      done(state, { type: 'topic', room: room.key, topic }),
    )
  },

  search(state, world, rest) {
    if (!isServed(world, 'search')) return failure(clean`this server does not serve searches`)
    if (world.client.link.status !== 'online') return failure(clean`a search needs a connection`)
    const query = parseSearch(rest, state, world)
    if (!query.ok) return query
    const overlay = {
      kind: 'search',
      asked: rest,
      hits: undefined,
      cursor: undefined,
      chosen: 0,
      context: undefined,
      origin: undefined,
    } as const
    return done({ ...state, overlay }, { type: 'search', asked: rest, query: query.value })
  },

  mentions: (state, world) => success(openMentions(state, world)),

  delete(state, world) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    if (!isServed(world, 'delete')) return failure(clean`this server does not serve deletion`)
    const last = lastMessage(room, message => isOurs(world, message))
    if (last === undefined) return failure(clean`you have no message here to delete`)
    const told = withNotice(state, clean`deleted for everybody: ${quoted(last)}`)
    return done(told, { type: 'delete', room: room.key, target: last.seq })
  },

  react(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    if (rest === '' || /\s/.test(rest)) return failure(clean`with what? /react 👍`)
    const message = lastMessage(room, candidate => !isOurs(world, candidate))
    if (message === undefined) return NO_MESSAGE
    const [, code] = /^:([^:\s]+):$/.exec(rest) ?? []
    if (code !== undefined) return done(state, { type: 'emoji', room: room.key, target: message.seq, code })
    if (Buffer.byteLength(rest) > world.client.limits.emoji)
      return failure(clean`that is too long for a reaction`)
    return success(reactAndTell(state, world, room, message, rest))
  },

  reply(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    if (rest.trim() === '') return failure(clean`what? /reply yes, at noon`)
    const message = lastMessage(room, candidate => !isOurs(world, candidate))
    if (message === undefined) return NO_MESSAGE
    return within(world.client.limits.message, clean`text`, rest, () =>
      done(withNotice(withRoom(state, spoken(state, room, world)), clean`in answer to ${quoted(message)}`), {
        type: 'say',
        room: room.key,
        text: rest,
        replyTo: message.seq,
      }),
    )
  },

  whois(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    const name = parseUsername(rest.replace(/^@/, ''))
    if (!name.ok) return failure(rest === '' ? clean`whom? /whois alice` : cleanLine(name.error.message))
    return done(state, { type: 'whois', room: room.key, name: name.value })
  },

  me(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return NO_ROOM
    if (rest.trim() === '') return failure(clean`what do you do? /me waves`)
    const text = `_${rest.trim()}_`
    return within(world.client.limits.message, clean`text`, text, () =>
      done(withRoom(state, spoken(state, room, world)), { type: 'say', room: room.key, text }),
    )
  },

  list: (state, world) => success(openSwitcher(state, world, 'rooms')),

  who: (state, world) => inRoom(state, world, room => ({ type: 'who', room })),

  away(state, world, rest) {
    return within(world.client.limits.away, clean`text`, rest, () => {
      const said = rest === '' ? clean`you are back` : clean`you are away: ${cleanLine(rest)}`
      return done(remark(state, world, [said]), { type: 'away', message: rest === '' ? undefined : rest })
    })
  },

  ...ACCOUNT_RUNS,
  ...SETTING_RUNS,

  retry: (state, world) =>
    withFailed(state, world, failed =>
      step(state, ...failed.map(({ id }) => ({ type: 'retry', id }) as const)),
    ),

  discard: (state, world) =>
    withFailed(state, world, failed =>
      step(failed.reduce(recalled, state), ...failed.map(({ id }) => ({ type: 'discard', id }) as const)),
    ),

  nick(state, world, rest) {
    const name = parseUsername(rest)
    if (!name.ok) return failure(cleanLine(name.error.message))
    if (world.client.link.status !== 'refused')
      return failure(clean`you are connected: to take another name, start again with --user`)
    return done(state, { type: 'rename', name: name.value })
  },

  reconnect: (state, world) =>
    world.client.link.status === 'online'
      ? failure(clean`you are connected`)
      : done(state, { type: 'reconnect' }),

  help: state => done({ ...state, overlay: { kind: 'help', top: 0 } }),

  quit: (state, world) => success(quit(state, world)),
}

/**
 * Runs a command of the composer.
 * @param name without the slash, in lower case; any text
 * @param rest what stands behind the name
 * @returns the step, or a sentence that says why the command could not run
 */
export function runCommand(state: ScreenState, world: World, name: string, rest: string): Outcome {
  const known = commandNamed(name)
  return known === undefined ? failure(unknownCommand(name)) : RUNS[known](state, world, rest)
}

/** Reacts to a message with the emoji of a short code, once that is known. */
export function reactByCode(
  state: ScreenState,
  world: World,
  { room: key, target, code, emoji }: Extract<ScreenEvent, { type: 'emoji' }>,
): Step {
  const room = roomOf(world, key)
  const message = room?.messageAt(target)
  if (room === undefined || message === undefined) return step(state)
  return emoji === undefined
    ? step(withLateError(state, clean`there is no emoji :${cleanLine(code)}:`))
    : reactAndTell(state, world, room, message, emoji)
}

function reactAndTell(
  state: ScreenState,
  world: World,
  room: RoomView,
  message: MessageEntry,
  emoji: string,
): Step {
  const reacted = react(state, world, room, message, emoji)
  const [effect] = reacted.effects
  if (effect?.type !== 'react') return reacted
  const to = effect.on ? clean`to` : clean`taken back from`
  return step(withNotice(reacted.state, clean`${cleanLine(emoji)} ${to} ${quoted(message)}`), effect)
}

/** Names a message that may be off the screen: `alice: "shall we ship?"`. */
function quoted({ from, text = '' }: MessageEntry): CleanText {
  return clean`${cleanLine(from)}: “${truncate(cleanLine(text), QUOTED_CELLS)}”`
}

function done(state: ScreenState, ...effects: readonly Effect[]): Outcome {
  return success(step(state, ...effects))
}

/** The failed messages of the current room. */
function withFailed(
  state: ScreenState,
  world: World,
  act: (failed: readonly OutboxEntry[]) => Step,
): Outcome {
  const failed = roomOf(world, state.current)?.outbox.filter(entry => entry.state.status === 'failed') ?? []
  return failed.length === 0 ? failure(clean`everything in this room was sent`) : success(act(failed))
}

/** The text of a discarded message goes into the history: Ctrl+Up brings it back. */
function recalled(state: ScreenState, { request }: OutboxEntry): ScreenState {
  if (request.action !== 'chat') return state
  return withRoom(state, { history: remember(roomScreen(state).history, request.message) })
}

function inRoom(state: ScreenState, world: World, effect: (room: string) => Effect): Outcome {
  const room = roomOf(world, state.current)
  return room === undefined ? NO_ROOM : done(state, effect(room.key))
}

/** The name of a room or person, without the `#` that people write. */
function conversationNamed(written: string, question: CleanText): Result<string, CleanText> {
  const name = written.replace(/^#/, '')
  if (name === '' || name === '@') return failure(question)
  if (/\s/.test(name)) return failure(clean`a name has no spaces in it`)
  const parsed = parseConversation(name)
  return parsed.ok ? success(name) : failure(cleanLine(parsed.error.message))
}

/** What `act` gives, where the text has no more bytes than the server takes. */
function within(most: number, noun: CleanText, text: string, act: () => Outcome): Outcome {
  const bytes = Buffer.byteLength(text)
  if (bytes <= most) return act()
  return failure(clean`the ${noun} has ${sizeText(bytes)}, the server takes ${sizeText(most)}: shorten it`)
}
