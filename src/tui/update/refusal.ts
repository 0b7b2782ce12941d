/** Shows why the server is refused, or refuses us, and what the user can do. */

import type { LinkState } from '../../client/link.ts'
import { type ActionId, hint } from '../input/bindings.ts'
import type { Overlay } from '../model/overlay.ts'
import { type ScreenState, withLateError } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { layoutOf } from '../select/layout.ts'
import { lastTop } from '../select/refusalBox.ts'
import { clean, cleanLine } from '../text/clean.ts'
import { askCredential, typingPassword } from './credential.ts'
import { isAboutTheName, nameDialog } from './nameDialog.ts'
import { type Step, step } from './step.ts'

type Refused = Extract<LinkState, { status: 'refused' }>
type RefusalBox = Extract<Overlay, { kind: 'refusal' }>

/** Longer reasons of a lost connection are cut in the status line of a usual terminal. */
const SHORT_REASON = 48

/** Opens a dialog at a new refusal; closes it when the connection is no longer refused. */
export function withRefusal(state: ScreenState, world: World): Step {
  const told = withDialog(state, world)
  return { ...told, state: withLongReason(told.state, world) }
}

/** Tells a long reason once, in the box of notices. */
function withLongReason(state: ScreenState, { client: { link } }: World): ScreenState {
  if (link.status === 'online')
    return state.toldReason === undefined ? state : { ...state, toldReason: undefined }
  if (link.status !== 'waiting' || link.isMoving === true) return state
  if (link.reason.length <= SHORT_REASON || link.reason === state.toldReason) return state
  const told = { ...state, toldReason: link.reason }
  // An error that stands says more: that of hosting a server says what to do.
  return state.notice?.tone === 'error' ? told : withLateError(told, cleanLine(link.reason))
}

function withDialog(state: ScreenState, { client: { link, username } }: World): Step {
  if (link.status !== 'refused') {
    const isOpen = isAboutRefusal(state.overlay)
    return step(
      state.refusal === undefined && !isOpen
        ? state
        : { ...state, refusal: undefined, overlay: isOpen ? undefined : state.overlay },
    )
  }
  if (link === state.refusal) return step(state)
  if (link.methods !== undefined) {
    const purpose = { for: 'signIn', methods: link.methods } as const
    const asked = askCredential({ ...state, refusal: link }, purpose, cleanLine(link.message))
    // A wrong password is typed again at once.
    return link.code === 'auth_failed' && state.lastProof === 'password'
      ? { ...asked, state: typingPassword(asked.state) }
      : asked
  }
  const overlay = isAboutTheName(link) ? nameDialog(link, username) : refusalBox(link)
  return step({ ...state, refusal: link, overlay })
}

function isAboutRefusal(overlay: ScreenState['overlay']): boolean {
  const isSignIn = overlay?.kind === 'credential' && overlay.purpose.for === 'signIn'
  return isSignIn || overlay?.kind === 'name' || overlay?.kind === 'refusal'
}

function refusalBox({ code, message, accepts }: Refused): RefusalBox {
  const closing = cleanLine(hint('app.escape').key)
  const lines = message.split('\n').map(cleanLine)
  // Another try may succeed at once, which is for the user to decide.
  if (code === 'kicked') lines.push(clean`${closing} closes this; then /reconnect connects again.`)
  const keys = clean`${cleanLine(hint('refusal.accept').key)} accepts the key, ${closing} does not.`
  return { kind: 'refusal', lines: accepts === undefined ? lines : [...lines, keys], accepts, top: 0 }
}

/** The state after a key of the box. Letters and Enter do nothing: the box can open while the user types. */
export function refusalKey(
  state: ScreenState,
  world: World,
  box: RefusalBox,
  action: ActionId | undefined,
): Step {
  const layout = layoutOf(state, world)
  const last = layout === undefined ? 0 : lastTop(layout, box)
  switch (action) {
    case 'refusal.accept':
      return box.accepts === undefined
        ? step(state)
        : step({ ...state, overlay: undefined }, { type: 'acceptKey', fingerprint: box.accepts })
    case 'refusal.lineUp':
      return step({ ...state, overlay: { ...box, top: Math.max(0, Math.min(box.top, last) - 1) } })
    case 'refusal.lineDown':
      return step({ ...state, overlay: { ...box, top: Math.min(box.top + 1, last) } })
    default:
      return step(state)
  }
}
