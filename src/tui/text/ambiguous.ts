/**
 * Terminals set up for East Asian text draw the characters that Unicode calls ambiguous (lines, dots, quotes, Greek, Cyrillic)
 * two cells wide. On such a terminal the screen draws its own signs in ASCII, and counts two cells for other text.
 */

/** ASCII for the ambiguous characters that the screen itself draws; other people's text changes with them. */
const ASCII: Readonly<Record<string, string>> = {
  '─': '-',
  '│': '|',
  '┬': '+',
  '┴': '+',
  '╭': '+',
  '╮': '+',
  '╰': '+',
  '╯': '+',
  '▌': '>',
  '▐': '|',
  '▎': '|',
  '┃': '|',
  '▸': '>',
  '▾': 'v',
  '☾': 'c',
  '✎': '+',
  '●': '*',
  '○': 'o',
  '…': '~',
  '·': '-',
  '—': '-',
  '–': '-',
  '“': '"',
  '”': '"',
  '↑': '^',
  '↓': 'v',
  '✓': '+',
  '✗': 'x',
  '›': '>',
  '␛': '^',
}
const DRAWN = new RegExp(`[${Object.keys(ASCII).join('')}]`, 'g')

let isWide = false

/** Sets whether the terminal draws ambiguous characters two cells wide. There is one terminal in a process. */
export function drawAmbiguousWide(on: boolean): void {
  isWide = on
}

/** Whether the terminal draws ambiguous characters two cells wide. */
export function isAmbiguousWide(): boolean {
  return isWide
}

/** Whether a cluster is drawn in ASCII on such a terminal. */
export function hasAscii(cluster: string): boolean {
  return Object.hasOwn(ASCII, cluster)
}

/** A text as such a terminal gets it; the number of cells is the same. */
export function inAscii(text: string): string {
  return text.replace(DRAWN, sign => ASCII[sign] ?? sign)
}
