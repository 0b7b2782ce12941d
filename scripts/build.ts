/** `npm run build`: builds the installed files into dist/, the two programs as bundles and the protocol as a library. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { INK_PARTS, inkPlugins } from './inkPlugins.ts'
import { lateBuiltins } from './lateBuiltins.ts'
import { licences } from './licences.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

const common: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: { __VERSION__: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
}

// A bundle of ES modules has no `require`, which its CommonJS packages call for Node's own modules.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
}

// Built beside the old files, which it replaces at the end: a program that starts during a build finds complete files.
const building = `dist.${process.pid}`
const program = (entryPoints: Readonly<Record<string, string>>): Promise<BuildResult<{ metafile: true }>> =>
  build({
    ...common,
    metafile: true,
    banner,
    entryPoints,
    outdir: building,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [...inkPlugins, lateBuiltins],
    // Ink loads it for a debugger, and fails if it is missing.
    alias: { 'react-devtools-core': './scripts/noDevtools.ts' },
  })
const [client, server] = await Promise.all([
  // A build of its own: what both programs need would be cut into 40 files, and each file takes half a ms to load.
  program({ 'chat-tui': 'src/tui/main.ts' }),
  program({
    chatd: 'src/server/main.ts',
    // The workers are entries of their own.
    logWorker: 'src/server/log/sqlite/worker/worker.ts',
    passwordWorker: 'src/server/auth/passwordWorker.ts',
    finishWorker: 'src/server/admin/finishWorker.ts',
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
for (const part of INK_PARTS)
  if (!(part in client.metafile.inputs)) throw new Error(`Ink does not ask for ${part}: it has changed`)
writeFileSync(
  'THIRD-PARTY-LICENSES.txt',
  licences({ inputs: { ...client.metafile.inputs, ...server.metafile.inputs } }),
)
const replaced = `${building}.old`
if (existsSync('dist')) renameSync('dist', replaced)
renameSync(building, 'dist')
rmSync(replaced, { recursive: true, force: true })
