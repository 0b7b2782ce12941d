/** Builds what users install into dist/: the two programs as bundles, and the protocol as a library. `npm run build`. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type BuildOptions, build, type Metafile } from 'esbuild'
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

// A bundle of ES modules has no `require`, which the CommonJS packages in it call for Node's own modules.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
}

rmSync('dist', { recursive: true, force: true })
const [programs] = await Promise.all([
  build({
    ...common,
    banner,
    // A worker is one entry more here.
    entryPoints: { 'chat-tui': 'src/tui/main.ts', chatd: 'src/server/main.ts' },
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Ink loads it for a debugger that nobody has, and dies where it is missing.
    alias: { 'react-devtools-core': './scripts/noDevtools.ts' },
  }),
  build({
    ...common,
    minify: false,
    entryPoints: { protocol: 'src/protocol/protocol.ts' },
    outdir: 'dist/protocol',
    external: ['zod'],
  }),
])
execFileSync('tsc', ['-p', 'tsconfig.protocol.json'], { stdio: 'inherit' })
writeFileSync('THIRD-PARTY-LICENSES.txt', licences(programs.metafile as Metafile))
