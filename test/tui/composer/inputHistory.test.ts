import { describe, expect, test } from 'vitest'
import { EMPTY_HISTORY, newer, older, remember } from '../../../src/tui/composer/inputHistory.ts'

const sent = (...texts: string[]) => texts.reduce(remember, EMPTY_HISTORY)

describe('input history', () => {
  test('goes back through what was sent, and forth to the draft', () => {
    const one = older(sent('first', 'second'), 'draft')
    expect(one?.text).toBe('second')
    const two = one && older(one.history, one.text)
    expect(two?.text).toBe('first')
    expect(two && older(two.history, two.text)).toBeUndefined()
    const three = two && newer(two.history, two.text)
    expect(three?.text).toBe('second')
    const four = three && newer(three.history, three.text)
    expect(four?.text).toBe('draft')
    expect(four && newer(four.history, four.text)).toBeUndefined()
  })
  test('keeps what was made of an entry until something is sent', () => {
    const one = older(sent('first', 'second'), '')
    const two = one && older(one.history, 'second, edited')
    const back = two && newer(two.history, two.text)
    expect(back?.text).toBe('second, edited')
    const later = back && older(remember(back.history, 'third'), '')
    expect(later && older(later.history, later.text)?.text).toBe('second')
  })
  test('holds no text twice in a row, and no blank one', () => {
    expect(sent('a', 'a', ' \n', 'b', 'a').entries).toEqual(['a', 'b', 'a'])
  })
  test('is bounded', () => {
    const many = sent(...Array.from({ length: 1000 }, (_, index) => `text ${index}`))
    expect(many.entries).toHaveLength(200)
    expect(older(many, '')?.text).toBe('text 999')
  })
  test('has nothing where nothing was sent', () => {
    expect(older(EMPTY_HISTORY, 'draft')).toBeUndefined()
    expect(newer(EMPTY_HISTORY, 'draft')).toBeUndefined()
  })
})
