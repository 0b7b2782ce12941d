import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Home } from './home.ts'
import { CHAT_TUI, Chatd, stored } from './programs.ts'
import { KEY, Terminal } from './terminal.ts'

const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: without root the test cannot change a time zone')

/** Sets the zone as systemd does: the link is replaced. */
function setZone(etc: string, zone: string): void {
  symlinkSync(`/usr/share/zoneinfo/${zone}`, `${etc}/localtime.new`)
  renameSync(`${etc}/localtime.new`, `${etc}/localtime`)
}

/** The time beside a text on the screen, in minutes. */
function timeOf(screen: string, text: string): number | undefined {
  const [, hours, minutes] =
    new RegExp(`(\\d\\d):(\\d\\d) .*${text}`).exec(
      screen.split('\n').find(row => row.includes(text)) ?? '',
    ) ?? []
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes)
}

test.runIf(isRoot)('the time zone of the machine changes: the times on the screen follow', async () => {
  const home = new Home()
  const etc = home.join('etc')
  mkdirSync(etc)
  setZone(etc, 'Asia/Tokyo')
  const { port } = await Chatd.start()
  // The program sees this directory as /etc, the rest of the machine does not.
  const inside = 'mount --bind "$0" /etc && exec env -u TZ "$@"'
  const client = [process.execPath, CHAT_TUI, '--host', '127.0.0.1', '--port', `${port}`, '--user', 'alice']
  const alice = new Terminal('unshare', ['--mount', 'sh', '-c', inside, etc, ...client], { home })
  await alice.waitFor('● online')
  alice.type(`good morning${KEY.enter}`)
  const before = timeOf(await alice.waitFor(stored('good morning')), 'good morning')
  if (before === undefined) throw new Error('no time')
  // Kathmandu is three hours and a quarter behind Tokyo.
  setZone(etc, 'Asia/Kathmandu')
  const wanted = (before - 195 + 1_440) % 1_440
  const after = await alice.waitFor(screen => timeOf(screen, 'good morning') === wanted)
  expect(after).toContain('● online')
})
