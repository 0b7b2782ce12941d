import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fuzzClient } from '../fuzz/client.ts'
import { fuzzServer } from '../fuzz/server.ts'
import { Home } from './home.ts'

const progress = (): void => undefined
const ms = Number.POSITIVE_INFINITY
/** `npm run fuzz` has other seeds, and more time. */
const SEED = 14

test('nothing that hostile clients send disturbs two people who talk, over kill -9 too', async () => {
  const directory = new Home().join('data')
  mkdirSync(directory)
  const run = await fuzzServer({ directory, seed: SEED, from: 0, until: { ms, rounds: 40 }, progress })
  expect(run.findings).toEqual([])
  expect(run.connections).toBeGreaterThan(900)
  expect(Math.min(...Object.values(run.frames))).toBeGreaterThan(500)
}, 180_000)

test('nothing that a hostile server sends breaks the client, its terminal or its files', async () => {
  const directory = new Home().path
  const run = await fuzzClient({ directory, seed: SEED, from: 0, until: { ms, rounds: 4 }, progress })
  expect(run.findings).toEqual([])
  expect(run.frames.valid).toBeGreaterThan(200)
}, 240_000)
