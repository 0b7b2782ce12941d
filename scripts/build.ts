/** `npm run build`: builds the installed files into dist/, the two programs as bundles and the protocol as a library. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { licences } from './licences.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

const common: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  define: { __VERSION__: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
}

// A bundle of ES modules has no `require`, which its CommonJS packages call for Node's own modules.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
}

/** Ink and its dependencies measure text with our function; see that file. */
const inkWidth: Plugin = {
  name: 'ink-width',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('node_modules') ? { path: resolve('src/tui/text/inkWidth.ts') } : undefined,
    )
  },
}

/**
 * Ink takes the text of every row of the screen apart again for each frame, also of the rows that have not changed: a third of
 * the time from a key to its paint. With these changes it keeps what it found, of some screens of rows, so that the memory is
 * bounded. A release of Ink that has other text in these places fails the build.
 */
const INK_CHANGES: Readonly<Record<string, readonly [from: string, to: string, more: string]>> = {
  'output.js': [
    'styledChars = new Map();',
    'styledChars = keptParts();',
    `let parts = new Map();
    function keptParts() {
      if (parts.size > 500) parts = new Map();
      return parts;
    }`,
  ],
  'sanitize-ansi.js': [
    'export default sanitizeAnsi;',
    'export default keptSanitizeAnsi;',
    `let sanitized = new Map();
    function keptSanitizeAnsi(text) {
      const known = sanitized.get(text);
      if (known !== undefined) return known;
      if (sanitized.size > 2000) sanitized = new Map();
      const made = sanitizeAnsi(text);
      sanitized.set(text, made);
      return made;
    }`,
  ],
}

const inkKeeps: Plugin = {
  name: 'ink-keeps',
  setup: ({ onLoad }) => {
    onLoad({ filter: /ink[\\/]build[\\/](output|sanitize-ansi)\.js$/ }, async ({ path }) => {
      const [from = '', to = '', more = ''] = INK_CHANGES[basename(path)] ?? []
      const source = await readFile(path, 'utf8')
      if (source.split(from).length !== 2) throw new Error(`${path} has changed: look at INK_CHANGES`)
      return { contents: `${source.replace(from, to)}\n${more}`, loader: 'js' }
    })
  },
}

// Built beside the old files, which it replaces at the end: a program that starts during a build finds complete files.
const building = `dist.${process.pid}`
const [programs] = await Promise.all([
  build({
    ...common,
    banner,
    // The workers are entries of their own.
    entryPoints: {
      'chat-tui': 'src/tui/main.ts',
      chatd: 'src/server/main.ts',
      logWorker: 'src/server/log/sqlite/worker/worker.ts',
      passwordWorker: 'src/server/auth/passwordWorker.ts',
    },
    outdir: building,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [inkWidth, inkKeeps],
    // Ink loads it for a debugger, and fails if it is missing.
    alias: { 'react-devtools-core': './scripts/noDevtools.ts' },
  }),
  build({
    ...common,
    minify: false,
    entryPoints: { protocol: 'src/protocol/protocol.ts' },
    outdir: `${building}/protocol`,
    external: ['zod'],
  }),
])
execFileSync('tsc', ['-p', 'tsconfig.protocol.json', '--outDir', `${building}/protocol`], {
  stdio: 'inherit',
})
writeFileSync('THIRD-PARTY-LICENSES.txt', licences(programs.metafile as Metafile))
const replaced = `${building}.old`
if (existsSync('dist')) renameSync('dist', replaced)
renameSync(building, 'dist')
rmSync(replaced, { recursive: true, force: true })
