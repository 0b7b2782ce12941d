/** Keys of the list of devices, keys or tokens. */

import type { ActionId } from '../input/bindings.ts'
import type { Secrets } from '../model/overlay.ts'
import type { ScreenState } from '../model/state.ts'
import { secretsOf } from '../select/secretsBox.ts'
import { clean } from '../text/clean.ts'
import { askCredential } from './credential.ts'
import { type Step, step } from './step.ts'

/** The state after a key of the list. */
export function secretsKey(state: ScreenState, list: Secrets, action: ActionId | undefined): Step {
  const secrets = secretsOf(list)
  const unarmed = { ...list, isArmed: false }
  const moved = (by: number): Step => {
    const chosen = Math.max(0, Math.min(secrets.length - 1, list.chosen + by))
    return step({ ...state, overlay: { ...unarmed, chosen } })
  }
  switch (action) {
    case 'secrets.next':
      return moved(1)
    case 'secrets.previous':
      return moved(-1)
    case 'secrets.close':
      return step({ ...state, overlay: undefined })
    case 'secrets.add':
      return list.of === 'key'
        ? askCredential(state, { for: 'addKey' }, clean`Which key shall sign you in too?`)
        : step({ ...state, overlay: unarmed })
    case 'secrets.revoke':
      return step({ ...state, overlay: { ...list, isArmed: secrets.length > 0 } })
    case 'secrets.confirm': {
      const secret = secrets[list.chosen]
      if (!list.isArmed || secret === undefined) return step(state)
      return step(
        { ...state, overlay: undefined },
        { type: 'account', request: { action: 'revoke', n: secret.n } },
      )
    }
    default:
      return step({ ...state, overlay: unarmed })
  }
}
