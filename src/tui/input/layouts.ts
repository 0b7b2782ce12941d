/**
 * The Latin key at the place of a letter on other layouts, for terminals that do not report it: Ctrl and Alt mean the
 * same there. The rows of the usual layouts (XKB: ru, ua, gr, il), from the upper left to the lower right.
 */
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
const ROWS: readonly string[] = [
  'йцукенгшщзхъфывапролджэячсмитьбю',
  'йцукенгшщзхїфівапролджєячсмитьбю',
  ";ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,.",
  "/'קראטוןםפ][שדגכעיחלךף,זסבהנמצתץ",
]

const KEYS = new Map(
  ROWS.flatMap(row => [...row].map((letter, at) => [letter, LATIN.charAt(at)] as const)).filter(
    ([letter]) => letter > '\x7f',
  ),
)

/** The Latin key where this letter stands, in lower case; undefined for other characters. */
export function latinKeyOf(letter: string): string | undefined {
  return KEYS.get(letter.toLowerCase())
}
