import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configuredBackups } from '../../../src/server/admin/backupTarget.ts'
import { SERVICE_DIRECTORY } from '../../../src/server/dataDirectory.ts'
import { temporaryDirectory } from '../directory.ts'

/** A file of configuration. */
function fileOf(text: string): string {
  const file = join(temporaryDirectory(), 'chatd.conf')
  writeFileSync(file, text)
  return file
}

const NOTHING = { config: undefined, environment: {}, packaged: '/nowhere/chatd.conf' }

describe('where backups go', () => {
  test('to backups in the data directory, or where the named file or the environment says; the environment wins', () => {
    expect(configuredBackups('/d', NOTHING)).toEqual({ ok: true, value: '/d/backups' })
    const config = fileOf('backup-directory = "/mnt/file"\n')
    expect(configuredBackups('/d', { ...NOTHING, config })).toEqual({ ok: true, value: '/mnt/file' })
    const environment = { CHATD_BACKUP_DIRECTORY: '/mnt/environment' }
    for (const more of [{ environment }, { environment, config }])
      expect(configuredBackups('/d', { ...NOTHING, ...more })).toEqual({
        ok: true,
        value: '/mnt/environment',
      })
  })

  test('the file of the package counts for the directory of its service, and for no other', () => {
    const packaged = fileOf('backup-directory = "/mnt/service"\n')
    expect(configuredBackups(SERVICE_DIRECTORY, { ...NOTHING, packaged })).toEqual({
      ok: true,
      value: '/mnt/service',
    })
    expect(configuredBackups('/d', { ...NOTHING, packaged })).toEqual({ ok: true, value: '/d/backups' })
    const config = fileOf('')
    expect(configuredBackups(SERVICE_DIRECTORY, { ...NOTHING, packaged, config })).toEqual({
      ok: true,
      value: `${SERVICE_DIRECTORY}/backups`,
    })
  })

  test('a wrong file is a sentence, and no guess', () => {
    const config = fileOf('backup-directory = "backups"\n')
    expect(configuredBackups('/d', { ...NOTHING, config })).toEqual({
      ok: false,
      error: `${config}, line 1: backup-directory: It is an absolute path`,
    })
  })
})
