import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedNames } from '../../../src/server/rooms/sortedNames.ts'

test('pages of names are those of a sorted list, whatever came and went', () => {
  const name = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'é', '本', '😀') })
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 30 }),
      fc.array(fc.nat(29)),
      fc.oneof(name, fc.constant('')),
      fc.integer({ min: 1, max: 10 }),
      (names, gone, after, limit) => {
        const sorted = new SortedNames()
        for (const one of names) sorted.add(one)
        const left = new Set(names)
        for (const one of gone.flatMap(at => names[at] ?? [])) if (left.delete(one)) sorted.delete(one)
        const wanted = [...left].sort((a, b) => (a < b ? -1 : 1)).filter(one => one > after)
        expect(sorted.page(after, limit)).toEqual({
          names: wanted.slice(0, limit),
          more: wanted.length > limit,
        })
      },
    ),
  )
})
