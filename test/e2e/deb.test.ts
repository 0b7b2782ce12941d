import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname
const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0
if (!hasDpkg) console.warn('SKIPPED: dpkg-deb is not here; the Debian package is not made')

/** What the package must have for an operator to find his way. */
const FILES = [
  './etc/chatd/chatd.conf',
  './lib/systemd/system/chatd.service',
  './lib/systemd/system/chatd.socket',
  './lib/systemd/system/chatd-backup.service',
  './lib/systemd/system/chatd-backup.timer',
  './usr/bin/chat-tui',
  './usr/bin/chatd',
  './usr/lib/chatd/dist/logWorker.js',
  './usr/lib/chatd/dist/finishWorker.js',
  './usr/lib/chatd/node',
  './usr/lib/sysusers.d/chatd.conf',
  './usr/share/bash-completion/completions/chat-tui',
  './usr/share/bash-completion/completions/chatd',
  './usr/share/doc/chatd/cluster.md.gz',
  './usr/share/doc/chatd/examples/broker/chatd-broker.service',
  './usr/share/doc/chatd/examples/broker/nats.conf',
  './usr/share/doc/chatd/NODE-LICENSE.txt.gz',
  './usr/share/doc/chatd/THIRD-PARTY-LICENSES.txt.gz',
  './usr/share/doc/chatd/changelog.Debian.gz',
  './usr/share/doc/chatd/copyright',
  './usr/share/doc/chatd/operating.md.gz',
  './usr/share/fish/vendor_completions.d/chatd.fish',
  './usr/share/man/man1/chat-tui.1.gz',
  './usr/share/man/man5/chatd.conf.5.gz',
  './usr/share/man/man8/chatd.8.gz',
  './usr/share/zsh/vendor-completions/_chatd',
]

describe.skipIf(!hasDpkg)('the Debian package', () => {
  let directory = ''
  let file = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'chatd-deb-test-'))
    file = packed('first', {})
  }, 120_000)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  function packed(folder: string, env: NodeJS.ProcessEnv): string {
    const out = join(directory, folder)
    const script = 'umask "$UMASK"; exec "$@"'
    const args = [join(ROOT, 'scripts/packageDeb.ts'), '--out', out, '--quick', '--version', '1.2.3-rc.1']
    return execFileSync('sh', ['-c', script, 'sh', process.execPath, ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, UMASK: '022', SOURCE_DATE_EPOCH: '1790000000', ...env },
    }).trim()
  }
  const dpkg = (...args: readonly string[]): string => execFileSync('dpkg-deb', args, { encoding: 'utf8' })

  test('is the same, byte for byte, with another umask, time zone and language', () => {
    const again = packed('second', { UMASK: '077', TZ: 'Asia/Tokyo', LC_ALL: 'C' })
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
  }, 120_000)

  test('has its files, and they belong to root', () => {
    const listed = dpkg('--contents', file).trim().split('\n')
    const paths = listed.map(line => line.split(/\s+/)[5])
    expect(FILES.filter(path => !paths.includes(path))).toEqual([])
    expect(listed.filter(line => !/^[d-]rw[x-]r-[x-]r-[x-] root\/root /.test(line))).toEqual([])
    expect(paths.filter(path => /\.(map|ts)$/.test(path ?? ''))).toEqual([])
  })

  test('names its version so that a release comes after its candidates, and what it needs', () => {
    expect(dpkg('--field', file, 'Version').trim()).toBe('1.2.3~rc.1-1')
    expect(dpkg('--field', file, 'Depends')).toContain('libatomic1')
    expect(dpkg('--info', file, 'conffiles')).toBe('/etc/chatd/chatd.conf\n')
    for (const script of ['postinst', 'prerm', 'postrm'])
      expect(spawnSync('sh', ['-n'], { input: dpkg('--info', file, script) }).status).toBe(0)
  })

  test('runs from where it is unpacked to, with its own Node', () => {
    const root = join(directory, 'root')
    dpkg('--extract', file, root)
    const unit = readFileSync(join(root, 'lib/systemd/system/chatd.service'), 'utf8')
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/chatd /m)
    const wrapper = readFileSync(join(root, 'usr/bin/chatd'), 'utf8')
    expect(wrapper).toMatch(/^exec \/usr\/lib\/chatd\/node --max-semi-space-size=\d+ /m)
    expect(statSync(join(root, 'usr/lib/chatd/node')).mode & 0o777).toBe(0o755)
    for (const program of ['chatd', 'chat-tui']) {
      const args = [join(root, 'usr/lib/chatd/bin', `${program}.cjs`), '--help']
      const env = { ...process.env, HOME: join(directory, 'nowhere') }
      const said = execFileSync(join(root, 'usr/lib/chatd/node'), args, { encoding: 'utf8', env })
      expect(said).toContain(`Usage: ${program}`)
    }
  })
})
