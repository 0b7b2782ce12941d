/** Addresses in a text that can be opened. */

declare const openable: unique symbol

/**
 * An address that a terminal and a browser may get: http, https or mailto, in printable ASCII without blanks, so that it ends no
 * escape sequence and no argument. Only this file makes it.
 */
export type LinkTarget = string & { readonly [openable]: true }

/** An address in a text. */
export type Link = {
  /** Indices into the text; the end is exclusive. */
  readonly start: number
  readonly end: number
  /** The whole address, as a browser takes it. */
  readonly target: LinkTarget
  /**
   * The host in ASCII, where the text may mislead about it: by letters that only look like others, or by the name of a user
   * before it.
   */
  readonly host: string | undefined
}

const CANDIDATE =
  /(?:\bhttps?:\/\/|\bmailto:)[^\s<>"`{}|\\^\u2500-\u259f\u3000-\u3002\uff0c\uff1a-\uff1f]+/giu
/** Signs of the sentence around an address. */
const BEHIND = /[.,;:!?'*_~\u2018-\u201f\u2026]/u
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])
/** A terminal may drop a longer one. (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda) */
const MAX_TARGET = 2_000

/** The addresses in a text, in their order: http, https and mailto alone. */
export function linksIn(text: string): readonly Link[] {
  if (!/:\/\/|mailto:/i.test(text)) return []
  return [...text.matchAll(CANDIDATE)].flatMap(match => {
    if (match[0].length > MAX_TARGET) return []
    const shown = trimmed(match[0])
    const url = URL.canParse(shown) ? new URL(shown) : undefined
    if (url === undefined || !isOpenable(url)) return []
    if (url.protocol === 'mailto:' && !/^[^@\s]+@[^@\s]+$/.test(url.pathname)) return []
    const isPlain = url.username === '' && url.password === '' && /^[ -~]*$/.test(hostIn(shown))
    return [
      {
        start: match.index,
        end: match.index + shown.length,
        target: url.href as LinkTarget,
        host: isPlain ? undefined : url.hostname,
      },
    ]
  })
}

function isOpenable({ protocol, href }: URL): boolean {
  return SCHEMES.has(protocol) && href.length <= MAX_TARGET && /^[!-~]+$/.test(href)
}

/** Without the signs behind it, and without brackets that it does not open. */
function trimmed(candidate: string): string {
  const unopened = { ')': -count(candidate, '('), ']': -count(candidate, '[') }
  unopened[')'] += count(candidate, ')')
  unopened[']'] += count(candidate, ']')
  let end = candidate.length
  for (; end > 0; end--) {
    const last = candidate[end - 1] ?? ''
    if (last === ')' || last === ']') {
      if (unopened[last] <= 0) break
      unopened[last]--
    } else if (!BEHIND.test(last)) break
  }
  return candidate.slice(0, end)
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1
}

/** What stands between the slashes and the path. */
function hostIn(shown: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/i.exec(shown)?.[1] ?? ''
}
