/** The action of each key on the screen. */

import { insertNewline, insertText } from '../composer/editor.ts'
import { isLineAction } from '../composer/lineActions.ts'
import { type ActionId, bind, MODES, type Mode } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import { keyName } from '../input/keyName.ts'
import { roomScreen, type ScreenState, withoutNotice, withRoom } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { shownCompletion } from '../select/candidates.ts'
import { hasPeoplePane } from '../select/layout.ts'
import { leaveAbout } from './about.ts'
import { showBare } from './bare.ts'
import { complete } from './complete.ts'
import { withEditor } from './compose.ts'
import { backToChoice, credentialKey } from './credential.ts'
import { helpKey } from './help.ts'
import { interrupt } from './leave.ts'
import { edited } from './lineKeys.ts'
import { nameKey } from './nameDialog.ts'
import { goToOldest } from './reach.ts'
import { markNewestUnread, markRoomRead, togglePeek } from './reading.ts'
import { openRecall, recallKey } from './recallKeys.ts'
import { refusalKey } from './refusal.ts'
import { jumpTo, left, showBack, showLast, showNeighbour, showUnread } from './rooms.ts'
import { scrollBy, scrollPages, scrollToBottom, scrollToNew } from './scroll.ts'
import { closed, openMentions, reopened, searchKey } from './search.ts'
import { secretsKey } from './secrets.ts'
import { select, selectionKey, unselect } from './selection.ts'
import { type Step, step } from './step.ts'
import { submit } from './submit.ts'
import { openSwitcher, switcherKey } from './switcherKeys.ts'
import { upOrDown, walkHistory } from './upOrDown.ts'

/** The state after a key. */
export function pressed(before: ScreenState, world: World, key: Key): Step {
  const state: ScreenState = before.isPrefixed ? { ...before, isPrefixed: false } : before
  if (before.isPrefixed && keyName(key) === 'ctrl+e' && state.overlay === undefined)
    return step(state, { type: 'editText', room: state.current ?? '', text: roomScreen(state).editor.text })
  const action = bind(key, MODES[modeOf(state)])
  const unasked = action === 'app.interrupt' ? state : noted(state, action)
  const { selection } = roomScreen(state)
  // Only the very next key can confirm an action on the selected message.
  const fresh =
    selection?.armed === undefined
      ? unasked
      : withRoom(unasked, { selection: { ...selection, armed: undefined } })
  const everywhere = action === undefined ? undefined : programKey(fresh, world, action)
  if (everywhere !== undefined) return everywhere
  switch (fresh.overlay?.kind) {
    case 'help':
      return step(helpKey(fresh, world, fresh.overlay, action))
    case 'search':
      return searchKey(fresh, world, fresh.overlay, action)
    case 'switcher':
      return switcherKey(fresh, world, fresh.overlay, action, key)
    case 'recall':
      return recallKey(fresh, world, fresh.overlay, action, key)
    case 'name':
      return nameKey(fresh, fresh.overlay, action, key)
    case 'refusal':
      return refusalKey(fresh, world, fresh.overlay, action)
    case 'credential':
      return credentialKey(fresh, world, fresh.overlay, action, key)
    case 'secrets':
      return secretsKey(fresh, fresh.overlay, action)
    case undefined:
      break
  }
  const done = selection === undefined ? undefined : selectionKey(fresh, world, selection, action, key)
  return done ?? mainKey(fresh, world, action, key)
}

/** Any key ends the question whether to quit, and takes away a notice that was there long enough; Esc takes away each. */
function noted(state: ScreenState, action: ActionId | undefined): ScreenState {
  const stays: ScreenState = { ...state, leaving: 0 }
  return action === 'app.escape' ? { ...stays, notice: undefined } : withoutNotice(stays)
}

/** The mode that takes the keys: that of the open overlay or dialog. */
function modeOf(state: ScreenState): Mode {
  switch (state.overlay?.kind) {
    case 'help':
      return 'help'
    case 'switcher':
      return 'switcher'
    case 'recall':
      return 'recall'
    case 'search':
      return 'search'
    case 'name':
      return 'dialog'
    case 'refusal':
      return 'refusal'
    case 'credential':
      return state.overlay.stage === 'choose' ? 'credential' : 'secret'
    case 'secrets':
      return 'secrets'
    case undefined:
      return roomScreen(state).selection === undefined ? 'main' : 'selection'
  }
}

/** The keys that work in every mode; undefined for the others. */
function programKey(state: ScreenState, world: World, action: ActionId): Step | undefined {
  switch (action) {
    case 'app.help':
      return step({
        ...state,
        overlay: state.overlay?.kind === 'help' ? undefined : { kind: 'help', top: 0 },
      })
    case 'app.escape':
      return step(escaped(state, world))
    case 'app.interrupt':
      return isOpen(state) ? step(escaped({ ...state, leaving: 0 }, world)) : interrupt(state, world)
    case 'app.suspend':
      return step(state, { type: 'suspend' })
    case 'app.redraw':
      return step(state, { type: 'redraw' })
    default:
      return undefined
  }
}

/** Whether an overlay or a selection takes the keys. */
function isOpen(state: ScreenState): boolean {
  return state.overlay !== undefined || roomScreen(state).selection !== undefined
}

/** Closes what is open; if nothing is, takes note of the warnings, and then goes back to the newest message. */
function escaped(state: ScreenState, world: World): ScreenState {
  const { selection, about } = roomScreen(state)
  if (state.overlay?.kind === 'search') return closed(state, state.overlay)
  const back = state.overlay?.kind === 'credential' ? backToChoice(state, state.overlay) : undefined
  if (back !== undefined) return back
  if (state.overlay !== undefined) return { ...state, overlay: undefined }
  if (selection !== undefined) return unselect(state)
  const popup = shownCompletion(state, world)
  if (popup !== undefined) return withRoom(state, { noPopup: popup.before.length, completion: undefined })
  if (about !== undefined) return leaveAbout(state, world)
  return state.warnings.length > 0 ? { ...state, warnings: [] } : scrollToBottom(state)
}

function mainKey(state: ScreenState, world: World, action: ActionId | undefined, key: Key): Step {
  const { editor, selection } = roomScreen(state)
  if (action === undefined) {
    return key.text === undefined || selection !== undefined
      ? step(state)
      : withEditor(state, world, insertText(editor, key.text))
  }
  if (isLineAction(action)) {
    const cut = edited(state, editor, action)
    return withEditor(cut.state, world, cut.line)
  }
  switch (action) {
    case 'composer.send':
      return submit(state, world)
    case 'composer.newline':
      return withEditor(state, world, insertNewline(editor))
    case 'composer.up':
      return upOrDown(state, world, -1)
    case 'composer.down':
      return upOrDown(state, world, 1)
    case 'composer.older':
      return walkHistory(state, world, -1)
    case 'composer.newer':
      return walkHistory(state, world, 1)
    case 'composer.editor':
      return step({ ...state, isPrefixed: true })
    case 'recall.open':
      return step(openRecall(state))
    case 'selection.open':
      return step(select(state, world))
    case 'composer.complete':
      return complete(state, world, 1)
    case 'composer.completeBack':
      return complete(state, world, -1)
    case 'room.next':
      return showNeighbour(state, world, 1)
    case 'room.previous':
      return showNeighbour(state, world, -1)
    case 'room.number': {
      const room = roomsOf(world)[Number(keyName(key).at(-1)) - 1]
      return room === undefined ? step(state) : jumpTo(state, world, room.key)
    }
    case 'room.last':
      return showLast(state, world)
    case 'room.back':
      return showBack(state, world)
    case 'room.mentions':
      return openMentions(state, world)
    case 'room.peek':
      return togglePeek(state)
    case 'room.markUnread':
      return markNewestUnread(state, world)
    case 'room.markRead':
      return markRoomRead(state, world)
    case 'room.unread':
      return showUnread(state, world)
    case 'search.again':
      return step(reopened(state))
    case 'room.switcher':
      return openSwitcher(state, world, 'all')
    case 'view.bare':
      return showBare(state, world)
    case 'view.people':
      return hasPeoplePane(state)
        ? step({ ...state, people: !state.people })
        : openSwitcher(state, world, 'people')
    case 'view.sidebar':
      return step({ ...state, sidebar: !state.sidebar })
    case 'scroll.pageUp':
      return step(scrollPages(state, world, -1))
    case 'scroll.pageDown':
      return step(scrollPages(state, world, 1))
    case 'scroll.lineUp':
      return step(scrollBy(state, world, -1))
    case 'scroll.lineDown':
      return step(scrollBy(state, world, 1))
    case 'scroll.top':
      return goToOldest(left(state), world)
    case 'scroll.unread':
      return step(scrollToNew(left(state), world))
    case 'scroll.bottom':
      return step(scrollToBottom(state))
    default:
      return step(state)
  }
}
