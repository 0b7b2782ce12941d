/**
 * `npm run test:crash [-- KILLS [SEED]]`: the daemon killed a hundred times under load, clients too, lines cut; then a
 * disk that fills up. Exit code 1 where a promise broke.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '../seeded.ts'
import { canMount, fullDisk } from './fullDisk.ts'
import { storm } from './storm.ts'

const [kills = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'chatd-crash-'))
try {
  console.log(`seed ${seed}`)
  const stormy = join(directory, 'storm')
  mkdirSync(stormy)
  tell(
    await storm({
      directory: stormy,
      kills: Number(kills),
      longest: 800,
      random: seeded(Number(seed)),
      cut: 0.02,
      progress: sentence => console.log(sentence),
    }),
  )
  if (canMount()) {
    const small = join(directory, 'small')
    mkdirSync(small)
    console.log('a full disk')
    tell(await fullDisk(small))
  } else console.log('skipped: a full disk, as only root can mount a small file system')
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function tell({ broken, ...counts }: { readonly broken: readonly string[] }): void {
  const numbers = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  console.log(numbers.join(', '))
  for (const problem of broken.slice(0, 20)) console.log(problem)
  console.log(broken.length === 0 ? 'lost 0, doubled 0, out of order 0' : `${broken.length} broken promises`)
  if (broken.length > 0) process.exitCode = 1
}
