import fc from 'fast-check'

/** Sizes of chunks, mostly tiny; to be used in turn. */
export function chunkings(): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 100 })), {
    minLength: 1,
    maxLength: 10,
  })
}

/** The input as chunks of these sizes in turn, each in memory of its own. */
export function* chunked(input: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let offset = 0
  for (let turn = 0; offset < input.length; turn++) {
    const size = sizes[turn % sizes.length] ?? input.length
    yield Buffer.from(input.subarray(offset, offset + size))
    offset += size
  }
}
