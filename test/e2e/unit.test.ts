import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const UNIT = new URL('../../packaging/chatd.service', import.meta.url)
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
if (!hasSystemd)
  console.warn('SKIPPED: systemd-analyze is not here (Debian package: systemd); the unit is not checked')

describe.skipIf(!hasSystemd)('the systemd unit', () => {
  let directory = ''
  let unit = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'chatd-unit-'))
    unit = join(directory, 'chatd.service')
    // systemd looks whether the program exists; where a package puts it is not where this checkout has it.
    writeFileSync(
      unit,
      readFileSync(UNIT, 'utf8').replace('ExecStart=chatd', `ExecStart=${process.execPath}`),
    )
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('systemd-analyze verify has nothing to say', () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    const said = `${stdout}${stderr}`.split('\n').filter(line => line.includes('chatd'))
    expect({ status, said }).toEqual({ status: 0, said: [] })
  })

  test('its exposure is that of the best hardened services', () => {
    const report = execFileSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' })
    const score = Number(/Overall exposure level for chatd\.service: ([\d.]+)/.exec(report)?.[1])
    expect(score).toBeLessThanOrEqual(1.5)
  })
})
