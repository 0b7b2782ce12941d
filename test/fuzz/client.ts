import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'
import { withoutOwnSequences } from '../ownSequences.ts'
import { seeded } from '../seeded.ts'
import { pick, type Random } from './generate.ts'
import { HostileServer } from './hostileServer.ts'
import { type Kind, noFrames } from './mutate.ts'
import type { ServerRun } from './server.ts'

/** What a run against the client found. */
export interface ClientFindings {
  rounds: number
  connections: number
  frames: Record<Kind, number>
  /** MiB. */
  mostMemory: number
  readonly findings: string[]
}

const CHAT_TUI = new URL('../../bin/chat-tui.cjs', import.meta.url).pathname
/** How long a client is with the hostile server, ms. */
const ROUND = 6_000
const MEMORY_BOUND = 600
const PATIENCE = 15_000
/** Where a client may have files, below its home. */
const OWN_FILES = /^\.(local\/(state|share)|cache)(\/chat-tui(\/|$)|$)|^\.local$/
const KEYS = [
  'a',
  ' ',
  '\r',
  '\u001b[A',
  '\u001b[B',
  '\u001b[5~',
  '\u001b[6~',
  '\t',
  '\u000e',
  '\u0010',
  '/',
  'e',
  '\u001bOP',
  '\u0012',
  '@',
  ':t',
]
/** Sequences that a text of a server must never become: titles, the clipboard, a reset, device strings. */
const INJECTED = [
  /\u001b\][^\u0007\u001b]*(FUZZ|RlVa)/,
  /\u001bP[^\u001b]*FUZZ/,
  /\u001bc/,
  /\u009b/,
  /\u001b\[HFUZZ/,
]

/** Rounds of the built client in a terminal, with keys pressed, at a server that is hostile in each round in another way. */
export async function fuzzClient(run: ServerRun): Promise<ClientFindings> {
  const found: ClientFindings = {
    rounds: 0,
    connections: 0,
    frames: noFrames(),
    mostMemory: 0,
    findings: [],
  }
  const end = performance.now() + run.until.ms
  for (let round = run.from; performance.now() < end && found.rounds < run.until.rounds; round++) {
    const home = join(run.directory, `home${round}`)
    mkdirSync(home)
    const problems = await oneRound(home, seeded(run.seed + 15_485_863 * round), found)
    for (const problem of problems) found.findings.push(`seed ${run.seed} round ${round}: ${problem}`)
    found.rounds++
    if (found.rounds % 5 === 0) run.progress(`client, round ${round}: ${found.connections} connections`)
  }
  return found
}

async function oneRound(home: string, random: Random, found: ClientFindings): Promise<string[]> {
  const server = new HostileServer(random)
  const port = await server.listen()
  const size = pick(random, [
    [80, 24],
    [40, 12],
    [200, 60],
    [20, 5],
  ])
  const args = [CHAT_TUI, '--host', '127.0.0.1', '--port', String(port), '--user', 'user', '--room', 'dev']
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  }
  const terminal = spawn(process.execPath, args, {
    name: env.TERM,
    cols: size[0] ?? 80,
    rows: size[1] ?? 24,
    cwd: home,
    env,
  })
  let raw = ''
  let code: number | undefined
  terminal.onData(text => {
    raw += text
  })
  const exited = new Promise<void>(resolve =>
    terminal.onExit(({ exitCode }) => {
      code = exitCode
      resolve()
    }),
  )
  const problems: string[] = []
  const until = performance.now() + ROUND
  while (performance.now() < until && code === undefined) {
    terminal.write(pick(random, KEYS))
    await wait(20 + 60 * random())
    const memory = memoryOf(terminal.pid)
    found.mostMemory = Math.max(found.mostMemory, memory)
    if (memory > MEMORY_BOUND) {
      problems.push(`the client has ${Math.round(memory)} MiB`)
      break
    }
  }
  if (code !== undefined && code !== 0 && code !== 1)
    problems.push(`the client ended with ${code}: ${raw.slice(-1_500)}`)
  server.close()
  // What is open is left by Esc, what is written is cleared by Ctrl+C, and then it is pressed twice.
  for (let press = 0; press < 12 && code === undefined; press++) {
    terminal.write(press < 4 ? '\u001b' : '\u0003')
    await Promise.race([exited, wait(250)])
  }
  await Promise.race([exited, wait(PATIENCE)])
  if (code === undefined) {
    problems.push(`the client does not end: ${JSON.stringify(raw.slice(-1_500))}`)
    terminal.kill('SIGKILL')
    await exited
  } else problems.push(...wrongWith(raw))
  problems.push(...strayFiles(home))
  found.connections += server.connections
  for (const kind of Object.keys(found.frames) as Kind[]) found.frames[kind] += server.frames[kind]
  return problems
}

/** What is wrong with the output of a client that has ended. */
function wrongWith(raw: string): string[] {
  const problems: string[] = []
  for (const sequence of INJECTED) {
    const match = sequence.exec(withoutOwnSequences(raw))
    if (match !== null) problems.push(`a text of the server became ${JSON.stringify(match[0].slice(0, 80))}`)
  }
  if (/\n\s+at .*[.](js|ts|cjs):\d+/.test(raw)) problems.push(`a stack trace: ${raw.slice(-1_500)}`)
  for (const [mode, last] of [
    [1049, 'l'],
    [25, 'h'],
    [2004, 'l'],
    [1004, 'l'],
  ] as const) {
    const set = [...raw.matchAll(new RegExp(`\\u001b\\[\\?${mode}([hl])`, 'g'))].at(-1)?.[1]
    if (set !== undefined && set !== last) problems.push(`mode ${mode} of the terminal was left ${set}`)
  }
  return problems
}

/** Files of a client that are not below its own directories. */
function strayFiles(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .map(entry => relative(home, join(entry.parentPath, entry.name)))
    .filter(path => !OWN_FILES.test(path))
    .map(path => `a file that is not its own: ${path}`)
}

/** Resident memory of a process, MiB; 0 where it has ended. */
function memoryOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}
