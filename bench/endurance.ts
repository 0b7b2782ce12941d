import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Row } from './figures.ts'
import { startAttack } from './hostile.ts'
import { ATTACKS } from './hostileAttacks.ts'
import { fillLog } from './longLog.ts'
import { cpuSeconds, residentMiB, startDaemonIn } from './programs.ts'

/** How long the daemon rests after each attack, ms. */
const REST = 3_000
const LONG_ROOM = 100_000

/**
 * All attacks in turn on one daemon: its memory at the worst moment of each, and after a rest. What grows without a bound shows in
 * the last column.
 * @param minutes of all attacks together
 */
export async function endurance(minutes: number): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  fillLog(directory, LONG_ROOM, () => 'long')
  const daemon = await startDaemonIn(directory, true)
  const rows: Row[] = []
  try {
    for (const name of Object.keys(ATTACKS)) {
      const attacker = await startAttack(daemon.port, name)
      const before = cpuSeconds(daemon.pid)
      const end = performance.now() + (minutes * 60_000) / Object.keys(ATTACKS).length
      let most = 0
      while (performance.now() < end) {
        await wait(500)
        most = Math.max(most, residentMiB(daemon.pid))
      }
      attacker.kill('SIGKILL')
      const used = cpuSeconds(daemon.pid) - before
      await wait(REST)
      rows.push({
        what: name,
        figures: { 'CPU s': used, 'most MiB': most, 'MiB after a rest': residentMiB(daemon.pid) },
      })
    }
    return rows
  } finally {
    await daemon.stop('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}
