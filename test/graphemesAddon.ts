/**
 * The addon by which the emulated terminals of the tests measure graphemes. It takes the memory behind its table for
 * the whole table, which in Node's shared pool of small buffers it is not: imported as it is, it fails every other time.
 */

const { poolSize } = Buffer
Buffer.poolSize = 0
/** For `Terminal.loadAddon`. */
export const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes')
Buffer.poolSize = poolSize

/** Makes a terminal with the addon draw ambiguous characters two cells wide, as those for East Asian text do. */
export function drawAmbiguousWide(addon: object): void {
  const providers = Object.values(addon).filter(
    (value: unknown): value is { ambiguousCharsAreWide: boolean } =>
      typeof value === 'object' && value !== null && 'ambiguousCharsAreWide' in value,
  )
  if (providers.length === 0) throw new Error('the addon has changed')
  for (const provider of providers) provider.ambiguousCharsAreWide = true
}
