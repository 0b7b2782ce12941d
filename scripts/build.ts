/** `npm run build`: builds the installed files into dist/, the two programs as bundles and the protocol as a library. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
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

/** What Ink gets from us instead of its own; each file says why. */
const WIDTH = 'src/tui/inkParts/width.ts'
const OUTPUT = 'src/tui/inkParts/output.ts'

const inkParts: Plugin = {
  name: 'ink-parts',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('node_modules') ? { path: resolve(WIDTH) } : undefined,
    )
    onResolve({ filter: /^\.\/output\.js$/ }, ({ importer }) =>
      /ink[\\/]build[\\/]renderer\.js$/.test(importer) ? { path: resolve(OUTPUT) } : undefined,
    )
  },
}

/**
 * Ink cleans the text of every row of the screen again for each frame, also of the rows that have not changed. With these changes it
 * keeps what it found, of some screens of rows, so that the memory is bounded. A release of Ink that has other text in this place
 * fails the build.
 */
const CLEANING = 'export default sanitizeAnsi;'
const KEPT_CLEANING = `export default keptSanitizeAnsi;
let sanitized = new Map();
function keptSanitizeAnsi(text) {
  const known = sanitized.get(text);
  if (known !== undefined) return known;
  if (sanitized.size > 2000) sanitized = new Map();
  const made = sanitizeAnsi(text);
  sanitized.set(text, made);
  return made;
}`

const inkKeeps: Plugin = {
  name: 'ink-keeps',
  setup: ({ onLoad }) => {
    onLoad({ filter: /ink[\\/]build[\\/]sanitize-ansi\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (source.split(CLEANING).length !== 2) throw new Error(`${path} has changed: look at CLEANING`)
      return { contents: source.replace(CLEANING, KEPT_CLEANING), loader: 'js' }
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
      finishWorker: 'src/server/admin/finishWorker.ts',
    },
    outdir: building,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [inkParts, inkKeeps],
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
for (const part of [WIDTH, OUTPUT])
  if (!(part in (programs.metafile?.inputs ?? {})))
    throw new Error(`Ink does not ask for ${part}: it has changed`)
writeFileSync('THIRD-PARTY-LICENSES.txt', licences(programs.metafile as Metafile))
const replaced = `${building}.old`
if (existsSync('dist')) renameSync('dist', replaced)
renameSync(building, 'dist')
rmSync(replaced, { recursive: true, force: true })
