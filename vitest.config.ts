import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'

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
    ],
  },
})
