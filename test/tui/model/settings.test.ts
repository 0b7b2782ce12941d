import { expect, test } from 'vitest'
import {
  DEFAULT_SETTINGS,
  SETTINGS,
  type SettingName,
  settingsOf,
  withSetting,
  writtenSetting,
} from '../../../src/tui/model/settings.ts'

const NAMES = Object.keys(SETTINGS) as SettingName[]

test('what is written is read back as it was', () => {
  let settings = DEFAULT_SETTINGS
  for (const [name, value] of [
    ['bell', 'off'],
    ['desktop', 'osc9'],
    ['title', 'OFF'],
    ['words', 'Deploy, C++ ,日本'],
  ] as const)
    settings = withSetting(settings, name, value) ?? settings
  expect(settings).toEqual({ bell: false, desktop: 'osc9', title: false, words: ['deploy', 'c++', '日本'] })
  expect(settingsOf(new Map(NAMES.map(name => [name, writtenSetting(settings, name)])))).toEqual(settings)
})

test('what another version kept, or makes no sense, changes nothing', () => {
  const kept = new Map([
    ['bell', 'sometimes'],
    ['colour', 'red'],
    ['__proto__', 'on'],
    ['words', 'x'.repeat(100)],
  ])
  expect(settingsOf(kept)).toEqual(DEFAULT_SETTINGS)
})
