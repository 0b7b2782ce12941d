import { execFileSync } from 'node:child_process'

/** Builds the programs once, before any test runs them: the tests run what users install. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' })
}
