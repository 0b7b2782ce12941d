import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineCutter } from '../../src/protocol/lines.ts'
import { chunked, chunkings } from './chunks.ts'

const MAX = 16

/** The lines of chunks that are pushed one by one; `undefined` for a line that was too long. */
function cut(chunks: Iterable<Buffer>, maxBytes: number = MAX): (string | undefined)[] {
  const cutter = new LineCutter(maxBytes)
  const lines: (string | undefined)[] = []
  for (const chunk of chunks) {
    cutter.push(chunk)
    for (let line = cutter.next(); line !== undefined; line = cutter.next())
      lines.push(line.kind === 'line' ? line.bytes.toString('latin1') : undefined)
  }
  return lines
}

/** The same by definition, from the whole input. */
function cutWhole(input: Buffer, maxBytes: number): (string | undefined)[] {
  const parts = input.toString('latin1').split('\n')
  const open = parts.pop() ?? ''
  const lines = parts
    .map(part => (part.endsWith('\r') ? part.slice(0, -1) : part))
    .filter(line => line.length > 0)
    .map(line => (line.length > maxBytes ? undefined : line))
  // One byte over may still be the \r of a line end.
  return open.length > maxBytes + 1 ? [...lines, undefined] : lines
}

describe('cutting lines', () => {
  test('any bytes give the same lines for any chunking', () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0x62, 0x00, 0xff), { maxLength: 200 })
    fc.assert(
      fc.property(bytes, chunkings(), (input, sizes) => {
        const whole = Buffer.from(input)
        expect(cut(chunked(whole, sizes))).toEqual(cutWhole(whole, MAX))
      }),
      { numRuns: 1_000 },
    )
  })

  test('pushing everything before reading anything makes no difference', () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61), { maxLength: 100 })
    fc.assert(
      fc.property(bytes, chunkings(), (input, sizes) => {
        const whole = Buffer.from(input)
        const cutter = new LineCutter(MAX)
        for (const chunk of chunked(whole, sizes)) cutter.push(chunk)
        const lines: (string | undefined)[] = []
        for (let line = cutter.next(); line !== undefined; line = cutter.next())
          lines.push(line.kind === 'line' ? line.bytes.toString('latin1') : undefined)
        expect(lines).toEqual(cutWhole(whole, MAX))
      }),
    )
  })

  test('empty lines are skipped, and \\r\\n is taken as \\n', () => {
    expect(cut([Buffer.from('\n\r\n\n a \r\nb\n\r\n')])).toEqual([' a ', 'b'])
  })

  test('only the last \\r of a line belongs to its end', () => {
    expect(cut([Buffer.from('a\rb\r\r\n')])).toEqual(['a\rb\r'])
  })

  test.each(['\n', '\r\n'])(
    'a line of exactly the bound passes and one byte more fails, ended by %j',
    end => {
      for (const size of [1, 3, MAX, 1_000]) {
        const fits = Buffer.from(`${'x'.repeat(MAX)}${end}after\n`)
        expect(cut(chunked(fits, [size]))).toEqual(['x'.repeat(MAX), 'after'])
        const over = Buffer.from(`${'x'.repeat(MAX + 1)}${end}after\n`)
        expect(cut(chunked(over, [size]))).toEqual([undefined, 'after'])
      }
    },
  )

  test('a line that is too long is reported while it is still arriving', () => {
    expect(cut([Buffer.alloc(MAX + 2, 'x')])).toEqual([undefined])
  })

  test('whether a line is half there', () => {
    const cutter = new LineCutter(MAX)
    expect(cutter.hasHalfLine).toBe(false)
    cutter.push(Buffer.from('ab'))
    expect(cutter.next()).toBeUndefined()
    expect(cutter.hasHalfLine).toBe(true)
    cutter.push(Buffer.from('\n'))
    expect(cutter.next()?.kind).toBe('line')
    expect(cutter.next()).toBeUndefined()
    expect(cutter.hasHalfLine).toBe(false)
    cutter.push(Buffer.alloc(MAX + 2, 'x'))
    expect(cutter.next()?.kind).toBe('too-long')
    expect(cutter.hasHalfLine).toBe(true)
  })
})

describe('a line of 10 MiB', () => {
  const bound = 64 * 1024
  const total = 10 * 1024 * 1024

  test.each([1, 7, 1_000, 64 * 1024])(
    'in chunks of %i bytes is reported once and its end is found',
    size => {
      const chunk = Buffer.alloc(size, 'x')
      function* input(): Generator<Buffer> {
        for (let sent = 0; sent < total; sent += size) yield chunk
        yield Buffer.from('\nafter\n')
      }
      expect(cut(input(), bound)).toEqual([undefined, 'after'])
    },
    60_000,
  )

  test('is never held: memory stays at the bound', () => {
    const cutter = new LineCutter(bound)
    const before = bytesOfBuffers()
    let most = 0
    for (let sent = 0; sent < total; sent += 1024) {
      // A fresh chunk each, as a socket gives them: one kept alive would be seen.
      cutter.push(Buffer.alloc(1024, 'x'))
      while (cutter.next() !== undefined);
      if (sent % (4 * bound) === 0) most = Math.max(most, bytesOfBuffers() - before)
    }
    expect(cutter.hasHalfLine).toBe(true)
    // Far less than came in, with room for what the collector has not looked at.
    expect(most).toBeLessThan(16 * bound)
  })
})

/** The memory of buffers that are still referenced. */
function bytesOfBuffers(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
