import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText } from '../../../../../src/protocol/foldedText.ts'
import { runsOf, searchTerms } from '../../../../../src/protocol/searchTerms.ts'
import { gramsOf, gramsOfTerm } from '../../../../../src/server/log/sqlite/worker/grams.ts'

/** The rule as it stands in docs and in older indexes, run by run. */
function gramsByRule(folded: string): Set<string> {
  const grams = new Set<string>()
  for (const { kind, text } of runsOf(folded)) {
    const characters = [...text]
    if (kind === 'symbol') grams.add(text)
    if (kind === 'letters') {
      grams.add(`^${characters.slice(0, 2).join('')}`)
      for (let end = 3; end <= characters.length; end++) grams.add(characters.slice(end - 3, end).join(''))
    }
    if (kind === 'unspaced') {
      for (const character of characters) grams.add(character)
      for (let end = 2; end <= characters.length; end++) grams.add(characters.slice(end - 2, end).join(''))
    }
  }
  return grams
}

const gramsIn = (text: string): Set<string> => new Set(gramsOf(foldText(text)).split(' ').slice(1))

const SAMPLES = [
  '',
  ' ',
  'a',
  'a b c',
  'ab',
  'abc',
  'the build is green again',
  'yxxx xxxx xxxxx xxxyx x',
  'C++ and C# and a+b=c, 1<2 | 3>2 ~ $5 ^',
  '~12 345.678 xxxxxxxxxxxxxxxx',
  'größer straße Ελλάδα Ωραίος',
  'привет, как дела? Ёлка',
  '東京に行きました。 ภาษาไทย 한국어',
  'go東京 x東 ab👍cd 👍👍 👩‍👩‍👧‍👦 🇩🇪',
  'ﬁnal ﬀ e\u0301 עִבְרִית مُحَمَّد हिन्दी',
  '\u{10400}\u{10401}\u{10402} deseret',
  'x'.repeat(100_000),
]

describe('grams of the search index', () => {
  test.each(SAMPLES)('are those of the rule: %.30s', text => {
    expect(gramsIn(text)).toEqual(gramsByRule(foldText(text)))
  })

  test('are those of the rule for any text', () => {
    const letters = fc.constantFrom(...'abxyz019 +=$~.-_#@^|<>äßЖя東京ก한👍\u0301\u200d')
    const mixed = fc.array(letters, { maxLength: 40 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(mixed, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), text => {
        expect(gramsIn(text)).toEqual(gramsByRule(foldText(text)))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a message has all grams of any words of it that stand in a row', () => {
    const samples = fc.array(fc.constantFrom(...SAMPLES.slice(0, -1)), { minLength: 1 })
    fc.assert(
      fc.property(samples, fc.nat(), fc.integer({ min: 1, max: 3 }), (parts, at, count) => {
        const words = parts.join(' ').split(' ')
        const first = at % words.length
        const grams = gramsIn(words.join(' '))
        const query = `"${words.slice(first, first + count).join(' ')}"`
        for (const term of searchTerms(query))
          for (const gram of gramsOfTerm(term)) expect(grams).toContain(gram)
      }),
    )
  })
})
