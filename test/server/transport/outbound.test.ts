import { createServer, connect as open, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Line } from '../../../src/server/transport/line.ts'
import { Outbound } from '../../../src/server/transport/outbound.ts'
import { Tick } from '../../../src/server/transport/tick.ts'

const quiet = { overflowed: () => undefined, behindChanged: () => undefined, drained: () => undefined }
const limits = { cutAt: 1_000_000, behindAt: 100_000, isEncrypted: false }

/** The two ends of a connection over loopback. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve))
  const far = open(address.port, '127.0.0.1')
  const near = await accepted
  onTestFinished(() => {
    far.destroy()
    near.destroy()
    server.close()
  })
  return [near, far]
}

test('one write a tick, however many lines are owed', async () => {
  const [near, far] = await pair()
  const tick = new Tick()
  const outbound = new Outbound(near, tick, limits, quiet)
  const writes: number[] = []
  const write = near.write.bind(near)
  near.write = ((chunk: Buffer, ...rest: []) => {
    writes.push(chunk.length)
    return write(chunk, ...rest)
  }) as typeof near.write
  let got = ''
  far.setEncoding('utf8').on('data', (text: string) => {
    got += text
  })
  const lines = Array.from({ length: 50 }, (_, i) => Line.of({ action: 'notice', message: `${i}` }))
  for (const line of lines) outbound.send(line)
  const whole = lines.map(line => line.bytes.toString()).join('')
  await new Promise<void>(resolve => far.on('data', () => got.length === whole.length && resolve()))
  expect(got).toBe(whole)
  expect(writes).toEqual([whole.length])
})

test('lines that may wait go out together, and in order with those that may not', async () => {
  const [near, far] = await pair()
  const outbound = new Outbound(near, new Tick(), limits, quiet)
  const writes: string[] = []
  const write = near.write.bind(near)
  near.write = ((chunk: Buffer, ...rest: []) => {
    writes.push(chunk.toString())
    return write(chunk, ...rest)
  }) as typeof near.write
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(message => Line.of({ action: 'notice', message }))
  if (!a || !b || !c || !d || !e) throw new Error('five lines')
  const whole = (...lines: readonly Line[]): string => lines.map(line => line.bytes.toString()).join('')
  const arrived = async (bytes: number): Promise<void> => {
    while (far.bytesRead < bytes) await new Promise(resolve => far.once('data', resolve))
  }
  far.resume()
  outbound.sendSoon(a)
  await turn()
  outbound.sendSoon(b)
  expect(writes).toEqual([])
  await arrived(whole(a, b).length)
  expect(writes).toEqual([whole(a, b)])
  outbound.sendSoon(c)
  outbound.send(d)
  outbound.sendSoon(e)
  await turn()
  expect(writes.slice(1)).toEqual([whole(c, d, e)])
})

/** A turn of the loop, and all that it scheduled. */
async function turn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setImmediate(resolve))
}

test('a tick waits for a commit that is on its way, and what it brings goes out in the same write', async () => {
  const [near] = await pair()
  let isMoreComing = true
  const tick = new Tick(() => isMoreComing)
  const outbound = new Outbound(near, tick, limits, quiet)
  const writes: string[] = []
  near.write = ((chunk: Buffer) => {
    writes.push(chunk.toString())
    return true
  }) as typeof near.write
  outbound.send(Line.of({ action: 'notice', message: 'a' }))
  await new Promise(resolve => setImmediate(resolve))
  expect(writes).toEqual([])
  outbound.send(Line.of({ action: 'notice', message: 'b' }))
  isMoreComing = false
  tick.commitCame()
  await turn()
  expect(writes.map(text => text.split('\n').length - 1)).toEqual([2])
  // Without a running commit the tick ends at once, and an unexpected commit changes nothing.
  tick.commitCame()
  outbound.send(Line.of({ action: 'notice', message: 'c' }))
  await turn()
  expect(writes).toHaveLength(2)
})

test('a tick does not wait for ever', async () => {
  const [near, far] = await pair()
  const outbound = new Outbound(near, new Tick(() => true), limits, quiet)
  const came = new Promise<string>(resolve => far.setEncoding('utf8').once('data', resolve))
  outbound.send(Line.of({ action: 'notice', message: 'a' }))
  expect(await came).toContain('"a"')
})

test('connections that are owed the same lines share one buffer', async () => {
  const sockets = await Promise.all([pair(), pair()])
  const tick = new Tick()
  const written: Buffer[] = []
  const outbounds = sockets.map(([near]) => {
    const write = near.write.bind(near)
    near.write = ((chunk: Buffer) => {
      written.push(chunk)
      return write(chunk)
    }) as typeof near.write
    return new Outbound(near, tick, limits, quiet)
  })
  const lines = [Line.of({ action: 'notice', message: 'a' }), Line.of({ action: 'notice', message: 'b' })]
  for (const line of lines) for (const outbound of outbounds) outbound.send(line)
  await turn()
  expect(written).toHaveLength(2)
  expect(written[0]).toBe(written[1])
})

test('what the kernel does not take waits in order, and the reader that comes back gets all of it', async () => {
  const [near, far] = await pair()
  const tick = new Tick()
  const behind: boolean[] = []
  const outbound = new Outbound(
    near,
    tick,
    { cutAt: 100_000_000, behindAt: 100_000, isEncrypted: false },
    {
      ...quiet,
      behindChanged: now => behind.push(now),
    },
  )
  far.pause()
  const text = 'x'.repeat(10_000)
  let sent = 0
  while (outbound.leftOver < 5_000_000) {
    outbound.send(Line.of({ action: 'notice', message: `${sent++} ${text}` }))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(outbound.stuckFor(performance.now() + 1_000)).toBeGreaterThan(0)
  let got = ''
  far.setEncoding('utf8').on('data', (chunk: string) => {
    got += chunk
  })
  far.resume()
  outbound.end()
  await new Promise(resolve => far.on('end', resolve))
  const lines = got.split('\n').filter(line => line !== '')
  expect(lines.map(line => Number(/"message":"(\d+) /.exec(line)?.[1]))).toEqual(
    Array.from({ length: sent }, (_, i) => i),
  )
  expect(behind).toEqual([true, false])
})

test("a tick's own share never counts as left over; beyond the bound of what does, it says so", async () => {
  const [near, far] = await pair()
  const tick = new Tick()
  let overflowed = 0
  const outbound = new Outbound(near, tick, limits, { ...quiet, overflowed: () => overflowed++ })
  far.pause()
  const big = Line.of({ action: 'notice', message: 'x'.repeat(20_000_000) })
  outbound.send(big)
  await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setImmediate(resolve))
  expect(overflowed).toBe(0)
  outbound.send(Line.of({ action: 'notice', message: 'one more' }))
  await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setImmediate(resolve))
  expect(overflowed).toBe(1)
})
