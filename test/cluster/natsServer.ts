import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
/** Where `scripts/getNats.sh` puts it. */
const OWN = join(ROOT, '.cache/nats/usr/sbin/nats-server')
const LEAST_MINOR = 15

/** A nats-server that is new enough: `$NATS_SERVER`, the one of `scripts/getNats.sh`, or that of the machine. */
export function findNatsServer(): string | undefined {
  return [process.env['NATS_SERVER'] ?? '', OWN, 'nats-server'].find(isNewEnough)
}

/** What a test says that is skipped since there is no nats-server. */
export const WITHOUT_NATS =
  'SKIPPED: no nats-server 2.15 or newer; get one with scripts/getNats.sh, or name it in $NATS_SERVER'

function isNewEnough(program: string): boolean {
  const [, major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(versionOf(program)) ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= LEAST_MINOR)
}

function versionOf(program: string): string {
  if (program === '' || (program.includes('/') && !existsSync(program))) return ''
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
