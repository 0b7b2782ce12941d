import type { Colors } from '../text/hues.ts'

/** Terminals whose name tells that they have 256 colours, although Node does not know it. */
const WITH_256 = /256|direct|^(xterm-)?(alacritty|foot|ghostty|kitty|wezterm|contour|rio)/

/**
 * How many colours a terminal has.
 * @param depth bits a colour, by `getColorDepth` of its stream
 */
export function colorsOf(env: NodeJS.ProcessEnv, depth: number): Colors {
  if ((env['NO_COLOR'] ?? '') !== '') return 0
  return depth >= 8 || WITH_256.test(env['TERM'] ?? '') ? 256 : 16
}
