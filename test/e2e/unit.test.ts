import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PACKAGING = new URL('../../packaging/', import.meta.url).pathname
const UNITS = readdirSync(PACKAGING, { recursive: true, encoding: 'utf8' }).filter(name =>
  /\.(service|socket|timer)$/.test(name),
)
const MOST_EXPOSED = 1.1
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
if (!hasSystemd)
  console.warn('SKIPPED: systemd-analyze is not here (Debian package: systemd); the units are not checked')

/** The directives that a hardened unit has, after systemd.exec(5). */
const HARDENING = [
  ...['CapabilityBoundingSet', 'AmbientCapabilities', 'DevicePolicy', 'IPAddressDeny', 'LockPersonality'],
  ...['MemoryDenyWriteExecute', 'NoNewPrivileges', 'PrivateDevices', 'PrivateMounts', 'PrivateNetwork'],
  ...['PrivateTmp', 'PrivateUsers', 'ProcSubset', 'ProtectClock', 'ProtectControlGroups', 'ProtectHome'],
  ...['ProtectHostname', 'ProtectKernelLogs', 'ProtectKernelModules', 'ProtectKernelTunables'],
  ...['ProtectProc', 'ProtectSystem', 'RemoveIPC', 'RestrictAddressFamilies', 'RestrictNamespaces'],
  ...['RestrictRealtime', 'RestrictSUIDSGID', 'RootDirectory', 'SystemCallArchitectures', 'SystemCallFilter'],
]

const read = (unit: string): string => readFileSync(join(PACKAGING, unit), 'utf8')

test.each(UNITS.filter(name => name.endsWith('.service')))(
  '%s has every directive that hardens it, or says why it is left out',
  unit => {
    const comment = read(unit).replaceAll(/^(?!#).*$/gm, '')
    const left = HARDENING.filter(name => !new RegExp(`^${name}=`, 'm').test(read(unit)))
    expect(left.filter(name => !comment.includes(`${name}=`))).toEqual([])
  },
)

describe.skipIf(!hasSystemd)('the systemd units', () => {
  let directory = ''
  const at = (unit: string): string => join(directory, basename(unit))
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'chatd-unit-'))
    for (const unit of UNITS) {
      // systemd looks whether the program exists; where a package puts it is not where this checkout has it.
      const text = read(unit).replaceAll(/^(Exec\w+)=(?:chatd|nats-server) /gm, `$1=${process.execPath} `)
      writeFileSync(at(unit), text)
    }
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test.each(UNITS)('systemd-analyze verify has nothing to say of %s', unit => {
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      // Without the page of the manual, which the package brings.
      ['verify', '--man=no', at(unit)],
      { encoding: 'utf8' },
    )
    const said = `${stdout}${stderr}`.split('\n').filter(line => line.includes('chatd'))
    expect({ status, said }).toEqual({ status: 0, said: [] })
  })

  test.each(UNITS.filter(name => name.endsWith('.service')))(
    'the exposure of %s is that of the best hardened services',
    unit => {
      const report = execFileSync('systemd-analyze', ['security', '--offline=true', at(unit)], {
        encoding: 'utf8',
      })
      const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1])
      expect(score).toBeLessThanOrEqual(MOST_EXPOSED)
    },
  )
})
