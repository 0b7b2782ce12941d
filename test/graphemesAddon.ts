/**
 * The addon by which the emulated terminals of the tests measure graphemes. It takes the memory behind its table for
 * the whole table, which in Node's shared pool of small buffers it is not: imported as it is, it fails every other time.
 */

const { poolSize } = Buffer
Buffer.poolSize = 0
/** For `Terminal.loadAddon`. */
export const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes')
Buffer.poolSize = poolSize
