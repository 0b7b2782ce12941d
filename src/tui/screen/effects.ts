/** Runs the effects that updates ask for. */

import type { ChatClient } from '../../client/client.ts'
import { KeyRing } from '../../client/keyRing.ts'
import type { Answer } from '../../client/pendingRequests.ts'
import { isListed } from '../../client/roomList.ts'
import type { Result } from '../../protocol/errors.ts'
import { foldName, parseConversation } from '../../protocol/names.ts'
import type { Member } from '../../protocol/requests.ts'
import { hint } from '../input/bindings.ts'
import { type Effect, MENTIONS } from '../model/effect.ts'
import type { ScreenEvent } from '../model/event.ts'
import { roomNamed } from '../model/world.ts'
import { roomLabel } from '../select/roomLabel.ts'
import type { CallText } from '../terminal/callText.ts'
import type { Copied } from '../terminal/clipboard.ts'
import { openLink } from '../terminal/openLink.ts'
import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'
import type { LinkTarget } from '../text/links.ts'
import { findKeys, runAccountRequest, signIn } from './accountEffects.ts'
import { allEmoji, emojiOf } from './shortCodes.ts'

/** The actions of the terminal and the program; all others are the client's. */
export type TerminalActions = {
  readonly suspend: () => void
  readonly redraw: () => void
  readonly quit: () => void
  /** Copies a text to the clipboard, where the terminal allows it. */
  readonly copy?: (text: string) => Copied
  /** Sets the title of the window; undefined: leaves it to others. */
  readonly title?: (title: CleanText | undefined) => void
  /** Leaves the terminal to the editor of the user, with a text to edit. */
  readonly editText?: (text: string) => Promise<Result<string, CleanText>>
  /** Calls the user. */
  readonly call?: (call: CallText) => void
  /** Keeps a setting from this start to the next. */
  readonly keepSetting?: (name: string, written: string) => void
  /** Shows lines without columns until a key. */
  readonly bare?: (lines: readonly CleanText[], isWhole: boolean) => void
  /** The SSH keys of the user. */
  readonly keyRing?: KeyRing
}

/** Keys without a passphrase sign, and those of the agent: the screen is on the terminal. */
const ignored = (): void => undefined
const NO_FILE_ASKS = new KeyRing({ mayAsk: () => false })
/** Messages around a hit, itself among them. */
const CONTEXT = 41

/** Runs one effect. Answers that come later are dispatched as events. */
export function runEffect(
  effect: Effect,
  client: ChatClient,
  actions: TerminalActions,
  dispatch: (event: ScreenEvent) => void,
): void {
  const { keyRing = NO_FILE_ASKS } = actions
  switch (effect.type) {
    case 'say':
      return say(client, effect, dispatch)
    case 'tell': {
      const joined = opened(client.join(effect.conversation), dispatch)
      if (joined !== undefined) say(client, { room: joined, text: effect.text }, dispatch)
      return
    }
    case 'edit': {
      const { room, target, text } = effect
      const put = client.edit(room, target, text)
      if (!put.ok) dispatch({ type: 'giveBack', room, text, reason: cleanLine(put.error.message) })
      return
    }
    case 'delete':
      return complained(client.delete(effect.room, effect.target), effect.room, dispatch)
    case 'react': {
      const { room, target, emoji, on } = effect
      return complained(client.react(room, target, emoji, on), room, dispatch)
    }
    case 'emoji': {
      const { room, target, code } = effect
      emojiOf(code).then(emoji => dispatch({ type: 'emoji', room, target, code, emoji }), unexpected)
      return
    }
    case 'search': {
      const { asked, query } = effect
      client
        .search(query)
        .then(answer => dispatch({ type: 'found', asked, cursor: query.cursor, answer }), unexpected)
      return
    }
    case 'mentions':
      client
        .mentions(effect.cursor)
        .then(
          answer => dispatch({ type: 'found', asked: MENTIONS, cursor: effect.cursor, answer }),
          unexpected,
        )
      return
    case 'context':
      client
        .history(effect.room, { around: effect.seq }, CONTEXT)
        .then(answer => dispatch({ type: 'context', seq: effect.seq, answer }), unexpected)
      return
    case 'join':
      return join(client, effect, dispatch)
    case 'listRooms':
      client.listRooms(true).then(answer => {
        if (answer.ok) dispatch({ type: 'roomsListed', rooms: answer.value })
      }, unexpected)
      return
    case 'whois':
      client
        .members(effect.room)
        .then(answer => tellPerson(client, effect, answer.ok ? answer.value : [], dispatch), unexpected)
      return
    case 'leave':
      return client.leave(effect.room)
    case 'topic':
      return complained(client.setTopic(effect.room, effect.topic), effect.room, dispatch)
    case 'who':
      client
        .members(effect.room)
        .then(answer => tellMembers(client, effect.room, answer, dispatch), unexpected)
      return
    case 'away':
      return client.away(effect.message)
    case 'retry':
      return client.retry(effect.id)
    case 'discard':
      return client.discard(effect.id)
    case 'markRead':
      return client.markRead(effect.room, effect.seq)
    case 'typing':
      return client.typing(effect.room, effect.on)
    case 'loadBefore':
      return client.loadBefore(effect.room)
    case 'fillGap':
      return client.fillGap(effect.room, effect.before, effect.end)
    case 'reach': {
      const { room, seq } = effect
      client.reach(room, seq).then(answer => dispatch({ type: 'reached', room, seq, answer }), unexpected)
      return
    }
    case 'findKeys':
      return void findKeys(keyRing, dispatch).catch(unexpected)
    case 'signIn':
      return void signIn(effect, client, keyRing, dispatch).catch(unexpected)
    case 'account':
      return void runAccountRequest(
        effect,
        client,
        { keyRing, copy: actions.copy ?? ignored },
        dispatch,
      ).catch(unexpected)
    case 'loadEmoji':
      allEmoji().then(emoji => dispatch({ type: 'emojiLoaded', emoji }), unexpected)
      return
    case 'editText':
      actions
        .editText?.(effect.text)
        .then(answer => dispatch({ type: 'edited', room: effect.room, answer }), unexpected)
      return
    case 'call':
      return actions.call?.(effect)
    case 'keepSetting':
      return actions.keepSetting?.(effect.name, effect.written)
    case 'notify':
      client.setNotify(effect.room, effect.change).then(answer => {
        if (!answer.ok) return complained(answer, effect.room, dispatch)
        dispatch({ type: 'notice', text: clean`set on all your devices` })
      }, unexpected)
      return
    case 'open':
      return open(effect.target, actions, dispatch)
    case 'copy':
      return copy(effect.text, actions, dispatch)
    case 'bare':
      return actions.bare?.(effect.lines, effect.isWhole)
    case 'rename':
      return client.rename(effect.name)
    case 'acceptKey':
      return client.acceptKey(effect.fingerprint)
    case 'reconnect':
      return client.reconnectNow()
    case 'suspend':
    case 'redraw':
    case 'quit':
      return actions[effect.type]()
  }
}

function open(target: LinkTarget, actions: TerminalActions, dispatch: Dispatch): void {
  openLink(target).then(isOpen => {
    if (isOpen) return dispatch({ type: 'notice', text: clean`opened ${cleanLine(target)}` })
    actions.copy?.(target)
    dispatch({ type: 'notice', text: clean`no browser here: copied ${cleanLine(target)}` })
  }, unexpected)
}

function copy(text: string, { copy: put }: TerminalActions, dispatch: Dispatch): void {
  const copied = put?.(text) ?? 'tooLong'
  const key = cleanLine(hint('view.bare').key)
  const told =
    copied === 'tooLong'
      ? clean`too long to copy: ${key} shows it for the mouse`
      : copied === 'tmux'
        ? clean`copied, and in the paste buffer of tmux`
        : clean`copied, if this terminal allows it (OSC 52); ${key} shows it for the mouse`
  dispatch({ type: 'notice', text: told })
}

type Dispatch = (event: ScreenEvent) => void

type Speech = { readonly room: string; readonly text: string; readonly replyTo?: number }

function say(client: ChatClient, { room, text, replyTo }: Speech, dispatch: Dispatch): void {
  const said = client.say(room, text, replyTo)
  if (!said.ok) dispatch({ type: 'giveBack', room, text, reason: cleanLine(said.error.message) })
}

/** Joins; asks the user where the room does not exist, unless the user has said that it shall be made. */
function join(
  client: ChatClient,
  { conversation, isSure }: { readonly conversation: string; readonly isSure: boolean },
  dispatch: Dispatch,
): void {
  const enter = (): void => void opened(client.join(conversation), dispatch)
  const parsed = parseConversation(conversation)
  if (isSure || !parsed.ok || parsed.value.kind === 'direct') return enter()
  const { key, name } = parsed.value
  if (roomNamed(client, name) !== undefined || client.link.status !== 'online') return enter()
  client.listRooms(true).then(answer => {
    if (!answer.ok || isListed(answer.value, key)) return enter()
    dispatch({ type: 'noSuchRoom', name, rooms: answer.value })
  }, unexpected)
}

/** The key of a room that was opened. */
function opened(answer: Answer<string>, dispatch: Dispatch): string | undefined {
  if (!answer.ok) {
    dispatch({ type: 'remark', room: undefined, tone: 'error', lines: [cleanLine(answer.error.message)] })
    return undefined
  }
  dispatch({ type: 'opened', room: answer.value })
  return answer.value
}

function complained(answer: Answer<unknown>, room: string, dispatch: Dispatch): void {
  if (!answer.ok) dispatch({ type: 'remark', room, tone: 'error', lines: [cleanLine(answer.error.message)] })
}

function tellMembers(
  client: ChatClient,
  key: string,
  answer: Answer<readonly Member[]>,
  dispatch: Dispatch,
): void {
  if (!answer.ok) return complained(answer, key, dispatch)
  const room = client.rooms.get(key)
  if (room === undefined) return
  const people = answer.value.map(memberText)
  const count = people.length === 1 ? clean`1 person` : clean`${people.length} people`
  const lines = [clean`${count} in ${roomLabel(room)}: ${joinClean(people, clean`, `)}`]
  dispatch({ type: 'remark', room: key, tone: 'info', lines })
}

/** What is known of a person: the rooms that we share, and what the server tells. */
function tellPerson(
  client: ChatClient,
  { room: key, name }: { readonly room: string; readonly name: string },
  members: readonly Member[],
  dispatch: Dispatch,
): void {
  const person = foldName(name)
  const shared = [...client.rooms.values()].filter(room => room.members?.has(person) === true)
  const member = members.find(one => foldName(one.name) === person)
  const shown = cleanLine(member?.name ?? shared[0]?.members?.get(person)?.name ?? name)
  const away = member?.away ?? shared[0]?.members?.get(person)?.away
  const places = joinClean(shared.map(roomLabel), clean`, `)
  const state =
    shared.length === 0
      ? clean`in none of your rooms now`
      : away === undefined
        ? clean`here`
        : away === ''
          ? clean`away`
          : clean`away: ${cleanLine(away)}`
  const lines = [
    clean`${shown} is ${state}`,
    ...(shared.length === 0 ? [] : [clean`in ${places}`]),
    ...(member?.guest === true ? [clean`a guest: the name has no account`] : []),
  ]
  dispatch({ type: 'remark', room: key, tone: 'info', lines })
}

function memberText({ name: shown, guest, away }: Member): CleanText {
  const name = guest === true ? clean`~${cleanLine(shown)}` : cleanLine(shown)
  if (away === undefined) return name
  return away === '' ? clean`${name} (away)` : clean`${name} (away: ${cleanLine(away)})`
}

/** The client answers with values. A rejection is a bug: it is thrown where the process reports it. */
function unexpected(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
