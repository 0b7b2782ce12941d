/** Amounts for people. */

import { type CleanText, clean, cleanLine } from '../text/clean.ts'

/** Bytes as people read them: `512 bytes`, `23.4 KB`, `1.0 MB`. */
export function sizeText(bytes: number): CleanText {
  if (bytes < 1024) return clean`${bytes} bytes`
  const [amount, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / (1024 * 1024), 'MB']
  const rounded = amount.toFixed(1).replace(/\.0$/, '')
  return cleanLine(`${rounded} ${unit}`)
}
