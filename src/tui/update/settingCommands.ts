/** The commands about what calls the user, and about this machine. */

import { NOTHING_SET, type Notify, type NotifyChange } from '../../client/notify.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { NOTIFY_LEVELS } from '../../protocol/notify.ts'
import type { CommandName } from '../commands/definitions.ts'
import { isServed } from '../model/message.ts'
import { isSettingName, SETTINGS, type SettingName, withSetting, writtenSetting } from '../model/settings.ts'
import { type ScreenState, withNotice } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { roomLabel } from '../select/roomLabel.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { remark, type Step, step } from './step.ts'

type Run = (state: ScreenState, world: World, rest: string) => Result<Step, CleanText>

const NAMES = Object.keys(SETTINGS) as readonly SettingName[]

/** What each of these commands does. */
export const SETTING_RUNS: Readonly<Record<Extract<CommandName, 'notify' | 'set'>, Run>> = {
  notify(state, world, rest) {
    const room = roomOf(world, state.current)
    if (room === undefined) return failure(clean`no room is open: /join one first`)
    if (rest === '') return success(step(remark(state, world, [notifyText(room.notify, room.kind)])))
    if (!isServed(world, 'notify'))
      return failure(clean`this server keeps no levels; /set has what this machine does`)
    const change = changeOf(rest)
    return change === undefined
      ? failure(clean`/notify all, mentions, none, default, mute or unmute`)
      : success(
          step(withNotice(state, clean`setting it for ${roomLabel(room)}…`), {
            type: 'notify',
            room: room.key,
            change,
          }),
        )
  },

  set(state, world, rest) {
    if (rest === '')
      return success(
        step(
          remark(
            state,
            world,
            NAMES.map(name => settingText(state, name)),
          ),
        ),
      )
    const [, name = '', written = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? []
    if (!isSettingName(name)) return failure(clean`/set knows ${cleanLine(NAMES.join(', '))}`)
    if (written === '') return success(step(remark(state, world, [settingText(state, name)])))
    const settings = withSetting(state.settings, name, written)
    if (settings === undefined)
      return failure(clean`${cleanLine(name)} can be ${cleanLine(SETTINGS[name].values)}`)
    const kept = writtenSetting(settings, name)
    const told = withNotice({ ...state, settings }, clean`${cleanLine(name)} is ${cleanLine(kept)} now`)
    return success(step(told, { type: 'keepSetting', name, written: kept }))
  },
}

function changeOf(written: string): NotifyChange | undefined {
  const wanted = written.trim().toLowerCase()
  if (wanted === 'mute' || wanted === 'unmute') return { muted: wanted === 'mute' }
  if (wanted === 'default') return { level: wanted }
  const level = NOTIFY_LEVELS.find(one => one === wanted)
  return level === undefined ? undefined : { level }
}

function notifyText({ level, muted }: Notify = NOTHING_SET, kind: 'room' | 'direct'): CleanText {
  const wanted = level ?? (kind === 'direct' ? 'all' : 'mentions')
  const what =
    wanted === 'all'
      ? clean`all messages call you`
      : wanted === 'none'
        ? clean`nothing calls you`
        : clean`mentions call you`
  return muted ? clean`muted: nothing here calls you` : what
}

function settingText({ settings }: ScreenState, name: SettingName): CleanText {
  const { help, values } = SETTINGS[name]
  const value = cleanLine(writtenSetting(settings, name))
  return clean`${cleanLine(name)} ${value}: ${cleanLine(help)} (${cleanLine(values)})`
}
