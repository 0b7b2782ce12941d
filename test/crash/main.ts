/** `npm run test:crash [-- KILLS [SEED]]`: the daemon killed a hundred times under load; exit code 1 where a promise broke. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '../seeded.ts'
import { storm } from './storm.ts'

const [kills = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'chatd-crash-'))
try {
  console.log(`seed ${seed}`)
  const report = await storm({
    directory,
    kills: Number(kills),
    longest: 800,
    random: seeded(Number(seed)),
    progress: sentence => console.log(sentence),
  })
  const { broken, ...counts } = report
  console.log(
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  )
  for (const problem of broken.slice(0, 20)) console.log(problem)
  console.log(broken.length === 0 ? 'lost 0, doubled 0, out of order 0' : `${broken.length} broken promises`)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
