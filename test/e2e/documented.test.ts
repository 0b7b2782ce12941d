import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fencedBlocks } from '../fencedBlocks.ts'
import { Home } from './home.ts'
import type { Ran } from './programs.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const UNIT = `${ROOT}packaging/chatd.service`
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
// Other programs of this name, such as ncat, do not know -N.
const hasNetcat = /usage: nc/.test(String(spawnSync('nc', ['-h']).stderr))
if (!hasNetcat) console.warn('SKIPPED: nc is not here (Debian package: netcat-openbsd)')
const isPossible = process.getuid?.() === 0 && !`${ROOT}${process.execPath}`.includes('/root/')
if (!isPossible) console.warn('SKIPPED: without root, or below /root, the documented lines cannot be run')

/** The blocks of a document, each as one text. */
function blocks(document: string): string[] {
  const text = readFileSync(`${ROOT}${document}`, 'utf8')
  if (document === 'docs/operating.md') return fencedBlocks(text).map(block => block.text)
  return [...text.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replaceAll(/^ {4}/gm, ''))
}

function block(document: string, wanted: string): string {
  const found = blocks(document).filter(one => one.includes(wanted))
  if (found.length !== 1) throw new Error(`${document} has ${found.length} blocks with "${wanted}"`)
  return found[0] ?? ''
}

/** The command that sends a message with `nc`. */
function shellLine(document: string): string {
  const [line] =
    /printf '%s\\n' .*\n.*nc -N localhost 9011/.exec(readFileSync(`${ROOT}${document}`, 'utf8')) ?? []
  if (line === undefined) throw new Error(`${document} has no line for a shell`)
  return line.replaceAll(/^ {4}/gm, '  ')
}

/**
 * Stands in for systemd, which does not run in a test: it starts the program of the unit in the directory of the unit, and
 * stops it. The unit itself is checked by `unit.test.ts`.
 */
const SYSTEMCTL = `#!/bin/sh
pid() { cat /var/lib/chatd/chatd.pid 2>/dev/null; }
case "$1" in
  start)
    mkdir -p /var/lib/chatd
    export STATE_DIRECTORY=/var/lib/chatd
    # There is no group chatd-admin here, and no file of configuration.
    setsid $(sed -n 's/^ExecStart=//p' ${UNIT} | sed 's/ --[a-z-]* [^ ]*//g') 2>>/root/chatd.log &
    until grep -q listening /root/chatd.log; do sleep 0.05; done ;;
  stop)
    : >/root/chatd.log
    stopping=$(pid)
    kill "$stopping"
    while kill -0 "$stopping" 2>/dev/null; do sleep 0.05; done ;;
esac
`

/** A machine with the programs where npm puts them; only the shell lines inside see it. */
class Machine {
  readonly #home = new Home()

  constructor() {
    for (const name of ['bin', 'lib']) mkdirSync(this.#home.join(name))
    const bin = (name: string): string => this.#home.join('bin', name)
    symlinkSync(process.execPath, bin('node'))
    for (const name of ['chatd', 'chat-tui']) symlinkSync(`${ROOT}bin/${name}.cjs`, bin(name))
    writeFileSync(bin('systemctl'), SYSTEMCTL)
    chmodSync(bin('systemctl'), 0o755)
  }

  /** Runs shell lines as root of the machine; the processes that they start end with them. */
  run(lines: string): Promise<Ran> {
    const mounts = `mount --bind ${this.#home.join('bin')} /usr/local/bin
      mount --bind ${this.#home.join('lib')} /var/lib
      mount -t tmpfs none /root
      mkdir -p /var/backups && mount -t tmpfs none /var/backups
      ip link set lo up 2>/dev/null || true
      export HOME=/root PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
      unset STATE_DIRECTORY XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME\n`
    const inside = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-ec']
    return new Promise(resolve => {
      const child = execFile(
        'unshare',
        [...inside, `${mounts}${lines}`],
        { env: this.#home.env, cwd: '/' },
        (_, out, err) => resolve({ code: child.exitCode, out, err }),
      )
      child.stdin?.end()
    })
  }
}

const SAY = 'echo "build 512 is green" | chat-tui --host 127.0.0.1 --user ci --room dev\n'

/** The line of the crontab as cron runs it: without the time, with `%` unescaped, in cron's environment. */
function nightly(): string {
  const command = block('docs/operating.md', '; chatd backup --directory')
    .replace(/^(\S+ +){5}/, '')
    .replaceAll('\\%', '%')
    .trim()
  return `env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin sh -c '${command.replaceAll("'", "'\\''")}'\n`
}

describe.runIf(isPossible)('the lines of the documents, as they stand there', () => {
  test('the backup of every night, the rehearsal, and the restore, also on a new machine', async () => {
    const restore = block('docs/operating.md', 'chatd restore --yes --data /var/lib/chatd "$(ls')
    const ran = await new Machine().run(`
      systemctl start chatd
      ${SAY}
      ${nightly()}
      : >/var/backups/chatd/chatd-20260101T030000Z.db.4000000.part
      ${nightly()}
      ls /var/backups/chatd
      ${block('docs/operating.md', 'rehearsal=')}
      systemctl stop chatd
      rm -r /var/lib/chatd
      ${restore}
      chatd export dev
      ${restore}
      ls /var/lib/chatd
      chatd check
      chatd export dev
    `)
    expect(ran).toMatchObject({ code: 0 })
    const [first, second] = [...ran.out.matchAll(/"message":"build 512 is green"/g)]
    expect([first, second]).not.toContain(undefined)
    expect(ran.out.match(/^chatd-\d{8}T\d{6}Z\.db$/gm)).toHaveLength(2)
    expect(ran.out).not.toContain('.part')
    expect(ran.out).toContain('nothing was changed (--dry-run)')
    expect(ran.out).toMatch(/^chatd\.db\.before-restore-\d{8}T\d{6}Z$/m)
    expect(ran.out).toContain('integrity: ok')
  }, 60_000)

  test('commands of root find the service, also where root once ran a daemon by the line without systemd', async () => {
    const byHand = block('docs/operating.md', 'chatd --config chatd.conf').trim()
    const ran = await new Machine().run(`
      systemctl start chatd
      ${SAY}
      cd /root
      echo 'listen = ["127.0.0.1:9012"]' >chatd.conf
      ${byHand} 2>/root/own.log &
      until grep -q listening /root/own.log; do sleep 0.05; done
      echo 'own list:'
      chatd room list
      kill $!
      while kill -0 $! 2>/dev/null; do sleep 0.05; done
      test -s /root/.local/share/chatd/chatd.db
      echo 'list of the service:'
      chatd room list
    `)
    expect(ran).toMatchObject({ code: 0 })
    const [own, ofService] = ran.out.replace('own list:', '').split('list of the service:')
    expect(own).not.toContain('dev')
    expect(ofService).toContain('dev')
  }, 60_000)

  test.runIf(hasNetcat)(
    'a message by a shell',
    async () => {
      const [line, fromProtocol] = ['README.md', 'docs/protocol.md'].map(shellLine)
      expect(fromProtocol?.replaceAll(/\s+/g, ' ')).toBe(line?.replaceAll(/\s+/g, ' '))
      const ran = await new Machine().run(`systemctl start chatd\n${line}\nchatd export dev`)
      expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('build 512 is green') })
    },
    60_000,
  )

  test('the client as a filter, found by npx', async () => {
    const line = block('README.md', 'npx chat-tui')
      .split('\n')
      .find(one => one.startsWith('echo'))
    const ran = await new Machine().run(`systemctl start chatd\ncd ${ROOT}\n${line}\nchatd export dev`)
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('build 512 is green') })
  }, 60_000)

  test('a server for other machines', async () => {
    const line = block('README.md', 'chatd --listen').trim()
    const ran = await new Machine().run(`
      ${line} 2>/root/log &
      until grep -q listening /root/log; do sleep 0.05; done
      ${SAY}
      chatd export dev
    `)
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('build 512 is green') })
  }, 60_000)

  test.runIf(hasSystemd)('the unit finds the program where npm puts it', async () => {
    const ran = await new Machine().run(`systemd-analyze verify --man=no ${UNIT}`)
    expect(ran).toEqual({ code: 0, out: '', err: '' })
  })

  test('the units are where the documented lines copy them from', () => {
    const copying = /^cp (.*) \/etc\/systemd\/system\/$/m.exec(
      block('docs/operating.md', 'npm install --global'),
    )
    const copied = copying?.[1]?.split(' ') ?? []
    expect(copied).toContain('chatd.service')
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    for (const file of [...copied, 'chatd.sysusers.conf']) expect(packed).toContain(`packaging/${file}`)
  })
})
