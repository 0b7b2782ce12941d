import { describe, expect, test } from 'vitest'
import { type Candidates, nextCompletion, startCompletion } from '../../../src/tui/composer/completion.ts'

const CANDIDATES: Candidates = {
  names: ['bob', 'alice', 'Alfred', 'me'],
  rooms: ['dev', 'Deploy', 'lobby', 'büro'],
  commands: [
    { name: 'join', argument: 'room' },
    { name: 'leave', argument: 'room' },
    { name: 'msg', argument: 'name' },
    { name: 'me' },
    { name: 'topic' },
  ],
}

/** What the first Tab makes of a text; the cursor is at the `|`. */
function tab(text: string, direction: 1 | -1 = 1): string | undefined {
  const done = startCompletion(text.replace('|', ''), text.indexOf('|'), CANDIDATES, direction)
  return done && `${done.text.slice(0, done.cursor)}|${done.text.slice(done.cursor)}`
}

describe('Tab completes', () => {
  test.each([
    ['a name into a mention, also at the start', 'al|', '@alice |'],
    ['a name behind @', 'hi @AL|', 'hi @alice |'],
    ['a name behind a bracket', '(bo|', '(@bob |'],
    ['a lone @ into the person who spoke last', '@|', '@bob |'],
    ['inside a line without a second space', 'al| hello', '@alice| hello'],
    ['in a second line', 'x\nbo|', 'x\n@bob |'],
    ['a room behind #', 'see #de|', 'see #dev |'],
    ['a room of any script', '#bü|', '#büro |'],
    ['a command at the start', '/jo|', '/join |'],
    ['a room for a command that takes one', '/join de|', '/join dev |'],
    ['with the # that was typed', '/leave #lo|', '/leave #lobby |'],
    ['any room where nothing is typed yet', '/join |', '/join dev |'],
    ['a name for /msg, without @', '/MSG al|', '/MSG alice |'],
    ['a mention in what the command says', '/msg bob ask al|', '/msg bob ask @alice |'],
    ['a mention in a sentence without spaces', '你好@bo|', '你好@bob |'],
    ['a name in a sentence without spaces', '你好bo|', '你好@bob |'],
    ['a mention behind a letter that no name has', 'é@bo|', 'é@bob |'],
    ['a room in a sentence without spaces', '去#de|', '去#dev |'],
    ['a mention behind //', '//al|', '//@alice |'],
  ])('%s', (_what, before, expected) => {
    expect(tab(before)).toBe(expected)
  })
  test.each([
    '|',
    'hello |',
    'xyz|',
    '#x|',
    '/nope|',
    'bob@al|',
    '/join x y|',
    'naïbo|',
    'привbo|',
    'a.@bo|',
  ])('nothing in %j', before => {
    expect(tab(before)).toBeUndefined()
  })
})

test('more Tabs go through what fits, and by way of what was typed around again', () => {
  const first = startCompletion('al', 2, CANDIDATES)
  if (first === undefined) throw new Error('nothing completed')
  const texts = [first]
  for (let press = 0; press < 3; press++) texts.push(nextCompletion(texts.at(-1) ?? first, 1))
  expect(texts.map(({ text }) => text)).toEqual(['@alice ', '@Alfred ', 'al', '@alice '])
  expect(nextCompletion(first, -1).text).toBe('al')
})

test('Shift+Tab begins with the last that fits', () => {
  expect(tab('al|', -1)).toBe('@Alfred |')
})
