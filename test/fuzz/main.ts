/**
 * `npm run fuzz [-- --minutes N] [--seed N] [--round N] [--only server|client]`: broken frames of every kind, for the server from
 * hostile clients, then for the client from a hostile server. Exit code 1 where something was found; it names the seed and the
 * round, and `--seed S --round R` shows that round again.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzzClient } from './client.ts'
import { fuzzServer } from './server.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    round: { type: 'string' },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
const from = Number(values.round ?? 0)
const until = {
  ms: Number(values.minutes) * 30_000,
  rounds: values.round === undefined ? Number.POSITIVE_INFINITY : 1,
}
const directory = mkdtempSync(join(tmpdir(), 'chatd-fuzz-'))
const progress = (sentence: string): void => console.log(sentence)
console.log(`seed ${seed}`)
try {
  if (values.only !== 'client') {
    const data = join(directory, 'data')
    mkdirSync(data)
    tell('server', await fuzzServer({ directory: data, seed, from, until, progress }))
  }
  if (values.only !== 'server') tell('client', await fuzzClient({ directory, seed, from, until, progress }))
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function tell(what: string, { findings, ...counts }: { readonly findings: readonly string[] }): void {
  console.log(`${what}: ${JSON.stringify(counts)}`)
  for (const finding of findings) console.log(`FOUND ${finding}`)
  console.log(`${what}: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}`)
  if (findings.length > 0) process.exitCode = 1
}
