import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import { CONTRACT_CHOICE, CONTRACT_FILES } from './test/cluster/contract/files.ts'

/** What the build gives Ink in place of its own parts: so the tests are of what is shipped. */
const inkParts: Plugin = {
  name: 'ink-parts',
  enforce: 'pre',
  resolveId: (source, importer) =>
    source === './output.js' && importer !== undefined && /ink\/build\/renderer\.js$/.test(importer)
      ? resolve('src/tui/inkParts/output.ts')
      : undefined,
}

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [inkParts],
        test: {
          name: 'unit',
          server: { deps: { inline: ['ink', 'ink-testing-library'] } },
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/e2e/**'],
          // Property tests and real sockets, beside whole programs that go first; a hang is still found.
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Whole programs and terminals: one file at a time, so that no scenario starves another.
          globalSetup: 'test/e2e/build.ts',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // Tests of one daemon, run on three that share a log: a choice of them, or all that can.
          name: 'contract',
          include: [...(process.env['CHATD_CONTRACT'] === undefined ? CONTRACT_CHOICE : CONTRACT_FILES)],
          globalSetup: 'test/cluster/contract/brokers.ts',
          setupFiles: 'test/cluster/contract/setup.ts',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
