/** What a fenced block of a document is, by the words after its fence. */
type BlockKind =
  /** Lines of a shell. `serves`: its last line stays in the foreground until it is stopped. */
  | { readonly kind: 'run'; readonly on: 'server' | 'laptop' | 'new'; readonly serves: boolean }
  /** What a file holds, or what is added at its end. */
  | { readonly kind: 'file'; readonly path: string; readonly isAdded: boolean }
  /** Keys of a configuration, each in the place of the line that has it, commented out or not. */
  | { readonly kind: 'keys'; readonly path: string }
  /** What the block before prints; `…` stands for what differs from machine to machine. */
  | { readonly kind: 'shown' }

/** A fenced block, with the heading that it is under. */
export type Block = BlockKind & {
  readonly heading: string
  readonly text: string
  /** The number of its first line in the document. */
  readonly line: number
}

const FENCE = /^( {0,3})```(.*)$/

/**
 * The fenced blocks of a document, in order. Throws where a block does not say what it is, or is indented instead: such a block
 * would escape the scenarios that run every line.
 */
export function fencedBlocks(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  let heading = ''
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, level] = /^(#+) /.exec(line) ?? []
    if (level !== undefined) heading = line.slice(level.length + 1)
    if (/^(?: {4}|\t)/.test(line)) throw new Error(`line ${at + 1} is an indented block: fence it`)
    const [, , words] = FENCE.exec(line) ?? []
    if (words === undefined) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`the block of line ${at + 1} does not end`)
    const text = lines.slice(at + 1, end).join('\n')
    blocks.push({ ...kindOf(words, at + 1), heading, text: `${text}\n`, line: at + 2 })
    at = end
  }
  return blocks
}

function kindOf(words: string, line: number): BlockKind {
  const [language = '', ...options] = words.trim().split(/\s+/)
  const [first = '', ...more] = options
  const [verb, path] = first.split('=')
  if (more.length === 0 && path?.startsWith('/')) {
    if (verb === 'write' || verb === 'add') return { kind: 'file', path, isAdded: verb === 'add' }
    if (verb === 'set') return { kind: 'keys', path }
  }
  if (language === 'text' && options.join(' ') === 'shown') return { kind: 'shown' }
  if (language === 'sh') {
    const serves = options.at(-1) === 'serves'
    const [on = 'on=server', ...others] = serves ? options.slice(0, -1) : options
    const [, where] = /^on=(server|laptop|new)$/.exec(on) ?? []
    if (others.length === 0 && isPlace(where)) return { kind: 'run', on: where, serves }
  }
  throw new Error(`the block of line ${line} says "${words}": not what is to be done with it`)
}

function isPlace(word: string | undefined): word is 'server' | 'laptop' | 'new' {
  return word === 'server' || word === 'laptop' || word === 'new'
}

/** Whether a text is what a document shows of it: `…` is any text in a line, and as a line of its own any number of lines. */
export function isAsShown(text: string, shown: string): boolean {
  const pattern = shown
    .trimEnd()
    .split('\n')
    .map(line => (line.trim() === '…' ? '(?:.*\n)*' : `${line.split('…').map(literal).join('.*')}\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(`${text.trimEnd()}\n`)
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
