import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Runs all files of the contract on a cluster; the exit code. */
export function runContract(): number {
  // The threads of the logs would compile the same files for each test.
  const compiled = mkdtempSync(join(tmpdir(), 'chatd-compiled-'))
  try {
    const { status } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'contract'],
      {
        cwd: ROOT,
        stdio: 'inherit',
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: compiled,
          CHATD_CONTRACT: 'all',
        },
      },
    )
    return status ?? 1
  } finally {
    rmSync(compiled, { recursive: true, force: true })
  }
}
