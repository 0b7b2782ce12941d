import { setTimeout as wait } from 'node:timers/promises'
import { seeded } from '../seeded.ts'
import { attack, type Counts, knownValues } from './attacker.ts'
import { Bystander, converse } from './bystander.ts'
import { FuzzedDaemon } from './daemon.ts'
import { Generator } from './generate.ts'
import { noFrames } from './mutate.ts'

/** One run against the server. */
export interface ServerRun {
  readonly directory: string
  readonly seed: number
  /** Begins with this round; the rounds before are not repeated. */
  readonly from: number
  /** Ends after this time, ms, or after so many rounds. */
  readonly until: { readonly ms: number; readonly rounds: number }
  readonly progress: (sentence: string) => void
}

/** What a run found; each finding names the seed and the round that show it again. */
export interface ServerFindings extends Counts {
  rounds: number
  /** Of a conversation of the bystanders beside the attackers, ms. */
  longestWait: number
  /** MiB. */
  mostMemory: number
  readonly findings: string[]
}

const NAMES = ['mallory', 'Trudy', 'eve', 'oscar', 'sybil', 'alice', 'bob']
const ATTACKERS = 24
const MEMORY_BOUND = 768
/** How long work goes on at most when the attackers are gone, ms; and how long a look at it takes. */
const RESTS_WITHIN = 15_000
const LOOK_AT_CPU = 100
/** After so many rounds the daemon is killed, and started by the other limits. */
const ROUNDS_A_LIFE = 20

/**
 * Rounds of attackers, each round by numbers from its seed alone: valid and broken frames of every kind in every state, over plain
 * text and TLS. After each round, and beside it, two bystanders talk; over kill -9 they resume.
 */
export async function fuzzServer(run: ServerRun): Promise<ServerFindings> {
  const found: ServerFindings = {
    rounds: 0,
    connections: 0,
    frames: noFrames(),
    longestWait: 0,
    mostMemory: 0,
    findings: [],
  }
  const daemon = new FuzzedDaemon(run.directory)
  try {
    return await runOn(daemon, run, found)
  } finally {
    await daemon.end('SIGKILL')
  }
}

async function runOn(daemon: FuzzedDaemon, run: ServerRun, found: ServerFindings): Promise<ServerFindings> {
  const people = [new Bystander('bystander1'), new Bystander('bystander2')] as const
  await daemon.start({ isLimited: isLimited(run.from) })
  for (const person of people) await person.come(daemon.port)
  const end = performance.now() + run.until.ms
  for (let round = run.from; performance.now() < end && found.rounds < run.until.rounds; round++) {
    try {
      if (found.rounds > 0 && round % ROUNDS_A_LIFE === 0) await restart(daemon, people, round)
      await oneRound(daemon, people, run.seed, round, found)
    } catch (error) {
      found.findings.push(
        `seed ${run.seed} round ${round}: ${error instanceof Error ? error.message : String(error)}`,
      )
      if (daemon.ended !== undefined || found.findings.length > 10) break
      for (const person of people) person.drop()
      for (const person of people) await person.come(daemon.port)
    }
    found.rounds++
    if (found.rounds % ROUNDS_A_LIFE === 0)
      run.progress(`round ${round}: ${found.connections} connections, ${Math.round(daemon.memory)} MiB`)
  }
  for (const person of people) person.drop()
  await daemon.end('SIGTERM')
  for (const line of daemon.trouble)
    found.findings.push(`seed ${run.seed}: the log of the daemon has ${line.slice(0, 1_000)}`)
  const { isWell, text } = await daemon.check()
  if (!isWell) found.findings.push(`seed ${run.seed}: chatd check says ${text}`)
  return found
}

/** Waits until the daemon has done what the attackers left behind; a broken promise where it goes on working. */
async function rests(daemon: FuzzedDaemon): Promise<void> {
  const deadline = performance.now() + RESTS_WITHIN
  for (let before = daemon.cpu; ; before = daemon.cpu) {
    await wait(LOOK_AT_CPU)
    if (daemon.cpu - before < LOOK_AT_CPU / 2_000) return
    if (performance.now() > deadline)
      throw new Error('the daemon goes on working when all attackers are gone')
  }
}

function isLimited(round: number): boolean {
  return Math.floor(round / ROUNDS_A_LIFE) % 2 === 1
}

async function restart(daemon: FuzzedDaemon, people: readonly Bystander[], round: number): Promise<void> {
  for (const person of people) person.drop()
  await daemon.end('SIGKILL')
  await daemon.start({ isLimited: isLimited(round) })
  for (const person of people) await person.come(daemon.port)
}

async function oneRound(
  daemon: FuzzedDaemon,
  [first, second]: readonly [Bystander, Bystander],
  seed: number,
  round: number,
  found: ServerFindings,
): Promise<void> {
  const troubleBefore = daemon.trouble.length
  const attacks = Promise.all(
    Array.from({ length: ATTACKERS }, (_, n) => {
      const random = seeded(seed + 7_919 * round + 104_729 * n)
      return attack(daemon.port, random, new Generator(random, knownValues(NAMES)), found)
    }),
  )
  const during = await converse(first, second)
  await attacks
  const after = await converse(second, first)
  found.longestWait = Math.max(found.longestWait, during, after)
  found.mostMemory = Math.max(found.mostMemory, daemon.memory)
  if (daemon.ended !== undefined) throw new Error(daemon.ended)
  await rests(daemon)
  if (daemon.memory > MEMORY_BOUND) throw new Error(`the daemon has ${Math.round(daemon.memory)} MiB`)
  const [trouble] = daemon.trouble.splice(troubleBefore)
  if (trouble !== undefined) throw new Error(`the log of the daemon has ${trouble.slice(0, 2_000)}`)
}
