import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { removeRestoreRemains } from '../../../src/server/admin/replaceLog.ts'
import { temporaryDirectory } from '../directory.ts'
import { makeKilledLog, makeLog, textsOf } from './logs.ts'

const hasStrace = spawnSync('strace', ['-V']).status === 0
if (!hasStrace) console.warn('SKIPPED: strace is not installed, so no restore is killed at each of its steps')

const RESTORE = new URL('../../../src/server/admin/restore.ts', import.meta.url).href
/** What changes a name or waits for the disk. */
const STEPS = 'link,linkat,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fsync,fdatasync'
const KILLED = 137

/** Restores a file in a process that the kernel kills at its nth step; true where it came to its end. */
function endsAlive(data: string, file: string, n: number): boolean {
  const program = `const { restore } = await import(${JSON.stringify(RESTORE)});
    const done = await restore(${JSON.stringify(data)},
      { task: 'restore', file: ${JSON.stringify(file)}, isDryRun: false, asks: false },
      { print: async () => {}, confirm: async () => true });
    process.exit(done.ok ? 0 : 1)`
  const inject = `inject=${STEPS}:signal=SIGKILL:when=${n}`
  // A file: threads would inherit the flags of a program on the command line.
  const script = join(temporaryDirectory(), 'restore.mjs')
  writeFileSync(script, program)
  const node = [process.execPath, script]
  const args = ['-f', '-o', '/dev/null', '-e', `trace=${STEPS}`, '-e', inject, ...node]
  // A killed restore leaves its copy of the backup among the temporary files.
  const ran = spawnSync('strace', args, { env: { ...process.env, TMPDIR: temporaryDirectory() } })
  if (ran.status === 1) throw new Error(`the restore failed: ${ran.stderr}`)
  return ran.status !== KILLED && ran.signal !== 'SIGKILL'
}

describe.skipIf(!hasStrace)('a restore that is killed', () => {
  test('at any of its steps leaves the old log or the new one, whole, and the next one succeeds', async () => {
    const [template, source] = [temporaryDirectory(), temporaryDirectory()]
    // Its newest messages are in the write-ahead log, where they are lost most easily.
    await makeKilledLog(template, 'old one', 'old two')
    const file = await makeLog(source, 'new')
    const seen = new Set<string>()
    for (let n = 1; ; n++) {
      const data = join(temporaryDirectory(), 'data')
      mkdirSync(data)
      for (const name of readdirSync(template)) copyFileSync(join(template, name), join(data, name))
      const isDone = endsAlive(data, file, n)
      if (n % 2 === 0) removeRestoreRemains(data)
      const { texts } = await textsOf(data)
      expect([['new'], ['old one', 'old two']]).toContainEqual(texts)
      seen.add(texts.join())
      if (isDone) {
        expect(texts).toEqual(['new'])
        expect(n).toBeGreaterThan(5)
        break
      }
      if (n % 5 !== 0) continue
      expect(endsAlive(data, file, 1_000)).toBe(true)
      expect((await textsOf(data)).texts).toEqual(['new'])
      expect(readdirSync(data).filter(name => name.includes('.restoring'))).toEqual([])
    }
    expect([...seen].sort()).toEqual(['new', 'old one,old two'])
  }, 300_000)
})
