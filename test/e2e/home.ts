import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from '../server/peer.ts'

/** What must not come from the machine that the tests run on. */
const UNWANTED =
  /^(CI|NO_COLOR|FORCE_COLOR|XDG_.*|STATE_DIRECTORY|TMUX|VITEST.*|NODE_ENV|NODE_OPTIONS|COLUMNS|LINES|CHAT_TUI_.*|CHAT_TOKEN|SSH_(AUTH_SOCK|ASKPASS.*|AGENT_PID|CONNECTION|TTY)|VISUAL|EDITOR|BROWSER|DISPLAY|WAYLAND_DISPLAY|TERM_PROGRAM|KITTY_.*|VTE_VERSION)$/

/** A home directory of its own, for one test: removed at its end, with every process that lives in it. */
export class Home {
  readonly path: string
  readonly env: Readonly<Record<string, string>>

  constructor(more: Readonly<Record<string, string>> = {}) {
    this.path = mkdtempSync(join(tmpdir(), 'chat-tui-e2e-'))
    const kept = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !UNWANTED.test(entry[0]),
    )
    this.env = {
      ...Object.fromEntries(kept),
      TZ: farFromMidnight(),
      LC_ALL: 'C.UTF-8',
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
      HOME: this.path,
      ...more,
    }
    onTestFinished(() => this.#remove())
  }

  /** A path in it. */
  join(...parts: readonly string[]): string {
    return join(this.path, ...parts)
  }

  /** All processes with this home directory. */
  processes(): readonly { readonly pid: number; readonly command: string }[] {
    const wanted = `HOME=${this.path}\0`
    return readdirSync('/proc').flatMap(name => {
      if (!/^\d+$/.test(name)) return []
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(wanted)) return []
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return command === '' ? [] : [{ pid: Number(name), command }]
      } catch {
        return []
      }
    })
  }

  /** The daemons among them. */
  daemons(): readonly number[] {
    return this.processes()
      .filter(({ command }) => command.includes('chatd.cjs'))
      .map(({ pid }) => pid)
  }

  async #remove(): Promise<void> {
    await eventually(() => {
      const left = this.processes()
      for (const { pid } of left) end(pid)
      return left.length === 0
    })
    rmSync(this.path, { recursive: true, force: true })
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** A time zone in which it is about noon: no day begins while a test looks at a screen. */
function farFromMidnight(): string {
  const hours = 12 - new Date().getUTCHours()
  // In these names the sign is turned round.
  return `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`
}
