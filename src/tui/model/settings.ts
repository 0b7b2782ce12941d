/** What the user can switch on and off, for one name on one server, on this machine. */

/** The ways to show a notification on the desktop: `auto` goes by the terminal. */
const DESKTOP_WAYS = ['auto', 'osc9', 'osc777', 'osc99', 'off'] as const
/** One of {@link DESKTOP_WAYS}. */
export type DesktopWay = (typeof DESKTOP_WAYS)[number]

/** The settings. */
export type Settings = {
  /** Whether the terminal beeps, or blinks, when a message calls. */
  readonly bell: boolean
  readonly desktop: DesktopWay
  /** Whether the title of the window counts what is unread. */
  readonly title: boolean
  /** Words that call like a mention, in lower case. */
  readonly words: readonly string[]
}

/** The settings of a user who set nothing. */
export const DEFAULT_SETTINGS: Settings = { bell: true, desktop: 'auto', title: true, words: [] }

/** Words beyond this are too many to be meant. */
const MAX_WORDS = 50
const MAX_WORD = 50

/** The name of a setting. */
export type SettingName = keyof Settings

/** What a setting is for, and what it can be. */
export const SETTINGS: Readonly<Record<SettingName, { readonly values: string; readonly help: string }>> = {
  bell: { values: 'on, off', help: 'ring the bell of the terminal when a message calls you' },
  desktop: { values: DESKTOP_WAYS.join(', '), help: 'show it on the desktop' },
  title: { values: 'on, off', help: 'count unread messages in the title of the window' },
  words: { values: 'words with commas between them, or -', help: 'words that call you like your name' },
}

/** Whether this is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

/** The settings with one of them set as a user writes it; undefined: it cannot be that. */
export function withSetting(settings: Settings, name: SettingName, written: string): Settings | undefined {
  const value = written.trim().toLowerCase()
  switch (name) {
    case 'bell':
    case 'title':
      return value === 'on' || value === 'off' ? { ...settings, [name]: value === 'on' } : undefined
    case 'desktop': {
      const desktop = DESKTOP_WAYS.find(way => way === value)
      return desktop === undefined ? undefined : { ...settings, desktop }
    }
    case 'words': {
      const words = value === '-' ? [] : value.split(',').map(word => word.trim())
      const isFine = words.length <= MAX_WORDS && words.every(word => word !== '' && word.length <= MAX_WORD)
      return isFine ? { ...settings, words } : undefined
    }
  }
}

/** A setting as a user writes it. */
export function writtenSetting(settings: Settings, name: SettingName): string {
  const value = settings[name]
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string') return value
  return value.length === 0 ? '-' : value.join(', ')
}

/** The settings that were kept; what cannot be, as of another version, is left out. */
export function settingsOf(kept: ReadonlyMap<string, string>): Settings {
  let settings = DEFAULT_SETTINGS
  for (const [name, written] of kept)
    if (isSettingName(name)) settings = withSetting(settings, name, written) ?? settings
  return settings
}
