import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText, foldWithPositions } from '../../src/protocol/foldedText.ts'
import { findTerms, holdsTerms, searchTerms } from '../../src/protocol/searchTerms.ts'

/** What of a text a query finds; undefined: the text is no hit. */
function found(text: string, query: string): readonly string[] | undefined {
  const terms = searchTerms(query)
  if (terms.length === 0 || !holdsTerms(foldText(text), terms)) return undefined
  return findTerms(foldWithPositions(text), terms).map(({ start, end }) => text.slice(start, end))
}

describe('parts of words', () => {
  test.each([
    ['TokenExpiredError', 'TokenExpired', ['TokenExpired']],
    ['the kafka cluster', 'afk', ['afk']],
    ['明天的会议取消了', '会议', ['会议']],
    ['明天的会议取消了', '消', ['消']],
    ['เขาไปตลาดแล้ว', 'ตลาด', ['ตลาด']],
    ['회의는 내일', '회의', ['회의']],
    ['カメラを買う', 'メラ', ['メラ']],
    ['我的iPhone手机', '手机 phone', ['Phone手机']],
    ['deadbeef0123', 'beef01', ['beef01']],
  ])('%s has %s', (text, query, parts) => {
    expect(found(text, query)).toEqual(parts)
  })

  test.each([
    ['two letters begin a word', 'google', 'go', ['go']],
    ['two letters inside of a word are none', 'ago', 'go', undefined],
    ['one letter is a word', 'plan b', 'b', ['b']],
    ['one letter inside of a word is none', 'abc', 'b', undefined],
    ['a word beside a sign is a word', '(go)', 'go', ['go']],
    ['a letter beside another script is a word', '第b組', 'b', ['b']],
  ])('%s', (_, text, query, parts) => {
    expect(found(text, query)).toEqual(parts)
  })
})

describe('one fold for the question and the text', () => {
  test.each([
    ['case', 'Straße', 'STRASSE'],
    ['a final sigma', 'ΟΔΟΣ', 'οδος'],
    ['the Turkish i', 'İstanbul ılık', 'istanbul ilik'],
    ['full width', 'ＡＢＣ１２', 'abc12'],
    ['half width', 'ｶﾞｷﾞ', 'ガギ'],
    ['composition', 'e\u0301tude', 'étude'],
    ['composition of Hangul', '\u1112\u1161\u11ab국', '한국'],
    ['composition of kana', 'か\u3099', 'が'],
    ['composition of a nukta', '\u0958', '\u0915\u093c'],
    ['accents', 'naïve Ёлка Ἀθῆναι Việt', 'naive елка αθηναι viet'],
    ['Hebrew points', 'שָׁלוֹם', 'שלום'],
    ['Arabic vowels and the tatweel', 'مُحَمَّد كـتاب', 'محمد كتاب'],
    ['ligatures', 'ﬁnd', 'find'],
    ['soft hyphens and joiners', 'Donau\u00addampf\u200bschiff', 'donaudampfschiff'],
    ['kinds of apostrophes', 'don’t', "don't"],
    ['skin tones and variations', '👍🏽 ❤️', '👍 ❤'],
    ['signs that are part of a name', 'C++ and €5', 'c++ €5'],
    ['blanks of every kind in a phrase', 'release\n  notes', '"release notes"'],
  ])('%s', (_, text, query) => {
    expect(found(text, query)).not.toBeUndefined()
  })

  test.each([
    ['vowels of Hindi', 'दी', 'दा'],
    ['voiced kana', 'かぎ', 'がぎ'],
    ['tones of Thai', 'ไม่', 'ไม้'],
  ])('%s make another word', (_, text, query) => {
    expect(found(text, query)).toBeUndefined()
  })

  test('the way back to the text is the same fold', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'aßΣİéｶﾞ한👍🏽  .\u0301\u200d'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    fc.assert(
      fc.property(text, typed => {
        const folded = foldWithPositions(typed)
        expect(folded.text).toBe(foldText(typed))
        expect(folded.starts.length).toBe(folded.text.length)
        expect(folded.ends.length).toBe(folded.text.length)
        expect(foldText(folded.text)).toBe(folded.text)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('terms', () => {
  test.each([
    ['a message holds all of them, in any order', 'notes of the release', 'release notes', true],
    ['in quotes, in this order', 'notes of the release', '"release notes"', false],
    ['in quotes, as whole words', 'prerelease notes', '"release notes"', false],
    ['quotes of other languages', 'the release notes', '„release notes“', true],
    ['a quote that is not closed ends with the query', 'the release notes', '"release no', false],
    ['words joined by punctuation stay together', 'bar foo', 'foo.bar', false],
    ['whatever the punctuation is', 'foo-bar', 'foo.bar', true],
    ['nothing but punctuation is no term', 'what?!', '?!', false],
  ])('%s', (_, text, query, isHit) => {
    expect(found(text, query) !== undefined).toBe(isHit)
  })

  test('the ranges of overlapping terms are one', () => {
    expect(found('kafka', 'kaf afk')).toEqual(['kafk'])
  })
})
