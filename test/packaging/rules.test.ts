import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../server/directory.ts'

const root = join(import.meta.dirname, '../..')
const RULES = join(root, 'packaging/prometheus/chatd.rules.yml')
const rules = readFileSync(RULES, 'utf8')

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool)
  console.warn(
    'skipped: the alert rules were not checked by promtool, which is not installed (Debian: prometheus)',
  )

describe.skipIf(!hasPromtool)('promtool', () => {
  test('takes the rules', () => {
    expect(execFileSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' })).toContain('SUCCESS')
  })

  test('sees each alert fire where it must, and none for a daemon that is well', () => {
    const directory = temporaryDirectory()
    copyFileSync(RULES, join(directory, 'chatd.rules.yml'))
    copyFileSync(join(import.meta.dirname, 'rules.test.yml'), join(directory, 'rules.test.yml'))
    const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'rules.test.yml'], {
      cwd: directory,
      encoding: 'utf8',
    })
    expect(`${stdout}${stderr}`).toMatch(/SUCCESS/)
    // It evaluates two days of minutes.
  }, 180_000)
})

test('every alert names a heading of the runbook', () => {
  const headings = [...readFileSync(join(root, 'docs/operating.md'), 'utf8').matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
  )
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, alert]) => alert)
  const named = [...rules.matchAll(/runbook: docs\/operating\.md#(\S+)/g)].map(([, anchor]) => anchor)
  expect(alerts.length).toBeGreaterThan(10)
  expect(named).toHaveLength(alerts.length)
  expect(named.filter(anchor => !headings.includes(anchor ?? ''))).toEqual([])
  // Nor is there a part of the runbook for an alert that is gone.
  const entries = headings.filter(heading => heading.startsWith('alert-'))
  expect(entries.sort()).toEqual(alerts.map(alert => `alert-${alert?.toLowerCase()}`).sort())
})

test('the rules go by metrics that chatd has', () => {
  const source = readFileSync(join(root, 'src/server/metrics/exposition.ts'), 'utf8')
  const names = [...rules.matchAll(/\b(?:chatd|process)_[a-z_]+/g)].map(([name]) =>
    name.replace(/_bucket$/, ''),
  )
  expect(new Set(names).size).toBeGreaterThan(10)
  expect([...new Set(names)].filter(name => !source.includes(`'${name}'`))).toEqual([])
})
