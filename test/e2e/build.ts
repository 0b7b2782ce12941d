import { execFileSync } from 'node:child_process'

/** Builds the programs once, before anything runs them: what is tested is what users install. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' })
}
