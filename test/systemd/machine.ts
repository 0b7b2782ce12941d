import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ControlGroup } from './controlGroup.ts'

const BOOT_TIMEOUT_MS = 60_000
const COMMAND_TIMEOUT_MS = 180_000
const MAX_OUTPUT = 64 * 1024 * 1024
/** What a command in the machine finds, and nothing of this process. */
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ...['HOME=/root', 'USER=root', 'LANG=C.UTF-8', 'TERM=dumb', 'DEBIAN_FRONTEND=noninteractive'],
]

/** Directories of this machine, by where a booted one sees them. */
export type Mounts = Readonly<Record<string, string>>

/** How a command in a machine ended. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A container in which systemd is the first process. It has a network of its own with loopback alone; what it writes goes with it. */
export class Machine {
  static #count = 0
  static readonly #running = new Set<Machine>()
  readonly #name: string
  readonly #nspawn: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #group: ControlGroup
  #leader = 0
  #console = ''

  private constructor(name: string, nspawn: ChildProcess, group: ControlGroup) {
    this.#name = name
    this.#group = group
    this.#nspawn = nspawn
    this.#ended = new Promise(resolve => nspawn.once('close', resolve))
    for (const stream of [nspawn.stdout, nspawn.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#console = (this.#console + text).slice(-4_000)
      })
  }

  /**
   * Boots a root, which stays as it is. Resolves when every unit has been started.
   * @param mounts directories of this machine that it sees, by where it sees them
   * @param writable those among them that it may change
   */
  static async boot(root: string, mounts: Mounts = {}, writable: Mounts = {}): Promise<Machine> {
    const name = `chat-tui-${process.pid}-${++Machine.#count}`
    const binds = [
      ...Object.entries(mounts).map(([to, from]) => `--bind-ro=${from}:${to}`),
      ...Object.entries(writable).map(([to, from]) => `--bind=${from}:${to}`),
    ]
    const group = new ControlGroup(name)
    const [program = '', ...args] = group.entering([
      'systemd-nspawn',
      ...['--quiet', '--register=no', '--keep-unit', `--machine=${name}`, '--directory', root],
      ...['--private-network', '--volatile=overlay', '--console=pipe', '--boot', ...binds],
    ])
    const nspawn = spawn(
      program,
      args,
      // A process group of its own: Ctrl+C reaches the test, which stops the machine.
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    )
    const machine = new Machine(name, nspawn, group)
    Machine.#running.add(machine)
    try {
      await machine.#booted()
    } catch (error) {
      await machine.stop()
      throw error
    }
    return machine
  }

  async #booted(): Promise<void> {
    const deadline = Date.now() + BOOT_TIMEOUT_MS
    for (;;) {
      this.#leader = this.#findLeader()
      // The socket of systemd: before, its first process is still nspawn.
      if (this.#leader !== 0 && (await this.run('test -S /run/systemd/private')).code === 0) break
      if (this.#nspawn.exitCode !== null || Date.now() > deadline)
        throw new Error(`the machine did not boot: ${this.#console}`)
      await delay(50)
    }
    const { out } = await this.run('systemctl is-system-running --wait')
    if (!['running', 'degraded'].includes(out.trim())) throw new Error(`the machine is ${out.trim()}`)
  }

  #findLeader(): number {
    const { pid } = this.#nspawn
    if (pid === undefined) return 0
    try {
      return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
    } catch {
      return 0
    }
  }

  /** Runs lines of a shell as root of the machine. */
  run(lines: string, shell: 'sh' | 'bash' = 'sh'): Promise<Ran> {
    return new Promise(resolve => {
      const child = execFile(
        'nsenter',
        this.#inside(shell, '-c', lines),
        { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_OUTPUT },
        (error, out, err) => resolve({ code: error === null ? 0 : (child.exitCode ?? -1), out, err }),
      )
      child.stdin?.end()
    })
  }

  /** The same for lines that must succeed; resolves with what they print. */
  async ok(lines: string, shell: 'sh' | 'bash' = 'bash'): Promise<string> {
    const { code, out, err } = await this.run(`set -e\n${lines}`, shell)
    if (code !== 0) throw new Error(`exit ${code} of: ${lines.trim()}\n${out}${err}`)
    return out
  }

  /** Starts a program that runs beside the scenario. */
  start(program: string, ...args: readonly string[]): ChildProcess {
    return spawn('nsenter', this.#inside(program, ...args), { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  /** Starts a program of this machine that has only the network of the booted one. */
  startBeside(program: string, ...args: readonly string[]): ChildProcess {
    const target = ['--target', String(this.#leader), '--net', program, ...args]
    return spawn('nsenter', target, { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  /** Writes a file with the permissions that root gives, or adds to its end. */
  async write(path: string, text: string, isAdded = false): Promise<void> {
    const encoded = Buffer.from(text).toString('base64')
    await this.ok(
      `mkdir -p "$(dirname '${path}')"; base64 -d <<<'${encoded}' ${isAdded ? '>>' : '>'}'${path}'`,
    )
  }

  /** Its first process, as this machine knows it. */
  get leader(): number {
    return this.#leader
  }

  /** A property of a unit, as systemd knows it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run(`systemctl show --value --property=${name} ${unit}`)).out.trim()
  }

  /** What the machine logged of chatd, for a failed scenario. */
  async journal(): Promise<string> {
    const { out } = await this.run('journalctl --no-pager --output=cat --lines=30 --unit=chatd')
    return out.trim()
  }

  #inside(...command: readonly string[]): string[] {
    return [
      '--target',
      String(this.#leader),
      '--all',
      '--root',
      '--wd',
      'env',
      '-i',
      ...ENVIRONMENT,
      ...command,
    ]
  }

  /** Ends every process in it at once, and with them its mounts. */
  async stop(): Promise<void> {
    if (!Machine.#running.delete(this)) return
    for (const pid of [this.#leader, this.#nspawn.pid]) {
      if (pid === undefined || pid === 0) continue
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
      // nspawn unmounts once the first process is gone, unless that takes too long.
      await Promise.race([this.#ended, delay(3_000, undefined, { ref: false })])
    }
    for (let tries = 0; !this.#group.remove() && tries < 30; tries++) await delay(100)
    for (const folder of ['propagate', 'unix-export'])
      rmSync(`/run/systemd/nspawn/${folder}/${this.#name}`, { recursive: true, force: true })
  }

  static async stopAll(): Promise<void> {
    for (const machine of [...Machine.#running]) await machine.stop()
  }

  /** Processes of machines of this test that still run; none, unless stopping failed. */
  static leftOver(): readonly string[] {
    const mark = `--machine=chat-tui-${process.pid}-`
    return readdirSync('/proc').filter(pid => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
      } catch {
        return false
      }
    })
  }
}
