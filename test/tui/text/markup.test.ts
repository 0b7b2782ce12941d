import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanText } from '../../../src/tui/text/clean.ts'
import { graphemeStart } from '../../../src/tui/text/grapheme.ts'
import { type Line, parseMarkup } from '../../../src/tui/text/markup.ts'
import { hostileText } from './hostileText.ts'

const parsed = (text: string): readonly Line[] => parseMarkup(cleanText(text))

/** The parts of a line that are not plain: `strong:bold`. */
function parts({ text, stretches }: Line): string[] {
  return stretches.flatMap(({ start, style }, at) =>
    style === undefined || style === 'sign'
      ? []
      : [`${style}:${text.slice(start, stretches[at + 1]?.start ?? text.length)}`],
  )
}

describe('inside a line', () => {
  test.each([
    ['a *bold* word', ['strong:bold']],
    ['**bold**, too', ['strong:bold']],
    ['_so_ it is', ['italic:so']],
    ['run `npm *x*`', ['code:npm *x*']],
    ['ask @bob.', ['person:@bob']],
    ['ask @b.c-d about it', ['person:@b.c-d']],
    ['in #dev, #café and #日本', ['room:#dev', 'room:#café', 'room:#日本']],
    ['*see @bob*', ['strong:see ', 'person:@bob']],
    ['https://a.example/_x_*y* z', ['link:https://a.example/_x_*y']],
    [
      'https://a.example/#dev and https://b.example',
      ['link:https://a.example/#dev', 'link:https://b.example'],
    ],
  ])('%s', (text, expected) => {
    expect(parsed(text).flatMap(parts)).toEqual(expected)
  })

  test.each([
    'snake_case_name and __init__',
    '2*3*4 = 24',
    '*.ts and *.js',
    '* not bold *',
    '_ nor that _',
    'issue #12, PR#13, a#b',
    'bob@a.example',
    'a ` alone',
    'C# and &#38;',
  ])('%s stays as it is', text => {
    expect(parsed(text).flatMap(parts)).toEqual([])
  })
})

describe('lines', () => {
  test('a quote loses its sign, and a list keeps it', () => {
    expect(parsed('> said\n- item\n12. item\n-no item')).toMatchObject([
      { kind: 'quote', text: 'said' },
      { kind: 'text', text: '- item', hang: 2 },
      { kind: 'text', text: '12. item', hang: 4 },
      { kind: 'text', text: '-no item', hang: 0 },
    ])
  })

  test('a program stands between fences, in the colours of its language', () => {
    const lines = parsed('look:\n```js\nconst a = "x" // *y*\n\n```\nend')
    expect(lines.map(({ kind, text }) => [kind, text])).toEqual([
      ['text', 'look:'],
      ['program', 'const a = "x" // *y*'],
      ['program', ''],
      ['text', 'end'],
    ])
    expect(lines[1]).toMatchObject({ language: 'js' })
    expect(lines.flatMap(parts)).toEqual(['keyword:const', 'string:"x"', 'comment:// *y*'])
  })

  test.each(['```', '```nonsense', '```__proto__', '```constructor'])('after %s it has none', fence => {
    expect(parsed(`${fence}\nconst a = 1\n\`\`\``).flatMap(parts)).toEqual([])
  })

  test('a fence that does not end is text', () => {
    expect(parsed('```js\nconst a = 1')).toMatchObject([{ kind: 'text' }, { kind: 'text' }])
  })

  test('nothing of a text is lost, whatever it is', () => {
    fc.assert(
      fc.property(hostileText(), raw => {
        const text = cleanText(raw)
        const shown = parseMarkup(text).map(line => line.text)
        const kept = shown.join('').replace(/ \([!-~]+\)/g, '')
        const left = text.replace(/^ {0,3}```.*$|^ ?> ?/gm, '')
        for (const word of left.split(/[\s`>()]+/)) expect(kept).toContain(word)
      }),
    )
  })
})

test.each(['*a* ', ' *a', '_a ', '`a', 'http://a) ', '@a ', '#a ', '#1', '```x\n', '> ', '- ', 'a_', '. '])(
  'a message of the largest size made of %j is parsed within the patience of a test',
  piece => {
    const text = piece.repeat(16_384 / piece.length)
    expect(parsed(text).length).toBe(text.split('\n').length)
  },
)

test('no looks begin inside a character: its parts are measured otherwise than the whole', () => {
  fc.assert(
    fc.property(hostileText(), text => {
      // The sign U+0D4E makes one character with what is behind it.
      for (const said of [
        `*${text}* _${text}_ \`${text}\` #${text}`,
        `*${text}\u0d4e*`,
        `\`\`\`ts\n"${text}"\n\`\`\``,
      ])
        for (const { text: line, stretches } of parseMarkup(cleanText(said)))
          for (const { start } of stretches) expect(graphemeStart(line, start)).toBe(start)
    }),
  )
})
