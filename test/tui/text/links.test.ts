import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanText } from '../../../src/tui/text/clean.ts'
import { linksIn } from '../../../src/tui/text/links.ts'
import { hostileText } from './hostileText.ts'

const shownIn = (text: string) => linksIn(text).map(({ start, end }) => text.slice(start, end))

describe('addresses in a text', () => {
  test.each([
    ['see https://a.example/x, please', 'https://a.example/x'],
    ['(https://a.example/x).', 'https://a.example/x'],
    ['https://en.example.org/wiki/Foo_(bar)', 'https://en.example.org/wiki/Foo_(bar)'],
    ['*https://a.example/x*', 'https://a.example/x'],
    ['<https://a.example/x>', 'https://a.example/x'],
    ['“https://a.example/?q=1&r=2#part”', 'https://a.example/?q=1&r=2#part'],
    ['write to mailto:bob@a.example!', 'mailto:bob@a.example'],
    ['HTTP://A.example:8080/x', 'HTTP://A.example:8080/x'],
    ['http://[::1]:80/', 'http://[::1]:80/'],
  ])('%s', (text, shown) => {
    expect(shownIn(text)).toEqual([shown])
  })

  test.each([
    'javascript://a.example/%0aalert(1)',
    'file:///etc/passwd',
    'data:text/html,x',
    'ssh://a.example',
    'http://',
    'https:// a.example',
    'mailto:bob',
    'xhttps',
    `https://a.example/${'x'.repeat(2_000)}`,
  ])('%s is none', text => {
    expect(shownIn(text)).toEqual([])
  })

  test('a host in other letters, or behind a name, is told in ASCII', () => {
    const hostOf = (text: string) => linksIn(text)[0]?.host
    // The first letter is Cyrillic.
    expect(hostOf('https://аpple.com/login')).toBe('xn--pple-43d.com')
    expect(hostOf('https://bücher.example/')).toBe('xn--bcher-kva.example')
    expect(hostOf('https://bank.example@evil.example/')).toBe('evil.example')
    expect(hostOf('https://:bank.example@evil.example/')).toBe('evil.example')
    expect(hostOf('https://bank.example/@evil')).toBeUndefined()
  })

  test('a target is printable ASCII, whatever is written', () => {
    fc.assert(
      fc.property(hostileText(), text => {
        for (const { target } of linksIn(cleanText(`https://a.example/${text}`))) {
          expect(target).toMatch(/^(https?:\/\/|mailto:)[!-~]+$/)
        }
      }),
    )
  })
})
