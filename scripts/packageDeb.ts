/**
 * `npm run package:deb [-- --out DIR] [--version VERSION] [--quick]`: builds, and makes the Debian package. The same commit makes
 * the same bytes: every time in the package is that of the commit, or $SOURCE_DATE_EPOCH.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { completions } from './completions.ts'
import { configurationFile } from './configuration.ts'
import { manPages } from './manPages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const NODE = join(ROOT, 'node_modules/node/bin/node')
const MAINTAINER = 'The maintainers of chat-tui <maintainers@users.noreply.github.com>'
const UNITS = ['chatd.service', 'chatd.socket', 'chatd-backup.service', 'chatd-backup.timer']

/** The packages that have the libraries of the Node binary. Another library fails the build. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'libatomic.so.1': 'libatomic1',
  'libc.so.6': 'libc6 (>= 2.28)',
  'libdl.so.2': 'libc6 (>= 2.28)',
  'libgcc_s.so.1': 'libgcc-s1',
  'libm.so.6': 'libc6 (>= 2.28)',
  'libpthread.so.0': 'libc6 (>= 2.28)',
  'libstdc++.so.6': 'libstdc++6 (>= 9)',
}
/** What the scripts of the package call, as debhelper writes it. */
const SCRIPTS_DEPEND = 'systemd | systemd-standalone-sysusers | systemd-sysusers'

const { values: given } = parseArgs({
  options: {
    out: { type: 'string', default: ROOT },
    version: { type: 'string' },
    // Compressed less: seconds instead of a minute or two, for tests.
    quick: { type: 'boolean', default: false },
  },
})
const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }
const upstream = given.version ?? own.version
const version = `${upstream.replace('-', '~')}-1`
const architecture = run('dpkg', '--print-architecture')
const seconds = Number(
  process.env['SOURCE_DATE_EPOCH'] ?? (run('git', 'log', '-1', '--format=%ct') || Number.NaN),
)
if (!Number.isSafeInteger(seconds))
  throw new Error('without git, set SOURCE_DATE_EPOCH to the time of the release')
const released = new Date(seconds * 1_000)
if (!existsSync(join(ROOT, 'dist/chatd.js')))
  throw new Error('there is no build to package: run npm run build')

const tree = mkdtempSync(join(tmpdir(), 'chatd-deb-'))
try {
  chmodSync(tree, 0o755)
  addPrograms()
  addUnits()
  addDocuments()
  addControl()
  setTimes(tree)
  mkdirSync(given.out, { recursive: true })
  const file = join(given.out, `chatd_${version}_${architecture}.deb`)
  const compression = given.quick ? ['-Zgzip', '-z1'] : ['-Zxz']
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  console.log(file)
} finally {
  rmSync(tree, { recursive: true, force: true })
}

/** The built files with their own Node, and both programs on the path. */
function addPrograms(): void {
  const library = 'usr/lib/chatd'
  copy(NODE, `${library}/node`, 0o755)
  cpSync(join(ROOT, 'dist'), join(tree, library, 'dist'), {
    recursive: true,
    // The library of the protocol is for programs that npm installs.
    filter: from => from !== join(ROOT, 'dist/protocol'),
  })
  write(
    `${library}/package.json`,
    `${JSON.stringify({ name: 'chat-tui', version: upstream, type: 'module' })}\n`,
  )
  copy(join(ROOT, 'bin/run.cjs'), `${library}/bin/run.cjs`)
  for (const program of ['chatd', 'chat-tui']) {
    const file = `${library}/bin/${program}.cjs`
    const source = readFileSync(join(ROOT, 'bin', `${program}.cjs`), 'utf8')
    // `#!/usr/bin/env -S -u NODE_COMPILE_CACHE node FLAGS`: the file itself says why.
    const [line = '', variable, flags] = /^#!.* -u (\w+) node (.*)\n/.exec(source) ?? []
    if (variable === undefined || flags === undefined)
      throw new Error(`bin/${program}.cjs begins in another way`)
    write(file, source.slice(line.length))
    write(
      `usr/bin/${program}`,
      `#!/bin/sh\nunset ${variable}\nexec /${library}/node ${flags} /${file} "$@"\n`,
      0o755,
    )
  }
}

function addUnits(): void {
  for (const unit of UNITS)
    write(`lib/systemd/system/${unit}`, packagedUnit(readFileSync(join(ROOT, 'packaging', unit), 'utf8')))
  copy(join(ROOT, 'packaging/chatd.sysusers.conf'), 'usr/lib/sysusers.d/chatd.conf')
  write('etc/chatd/chatd.conf', configurationFile())
}

/** The unit with the program of the package, also where npm has installed another one in /usr/local/bin. */
function packagedUnit(unit: string): string {
  return unit.replaceAll(/^(Exec\w+=|.* exec )chatd /gm, '$1/usr/bin/chatd ')
}

function addDocuments(): void {
  const day = released.toISOString().slice(0, 10)
  for (const [name, text] of Object.entries(manPages({ version: upstream, day })))
    writeZipped(`usr/share/man/man${name.at(-1)}/${name}`, text)
  for (const [name, text] of Object.entries(completions())) write(completionPath(name), text)
  const documents = 'usr/share/doc/chatd'
  for (const file of [
    'docs/operating.md',
    'docs/cluster.md',
    'docs/protocol.md',
    'docs/protocol.schema.json',
    'SECURITY.md',
  ])
    writeZipped(`${documents}/${basename(file)}`, readFileSync(join(ROOT, file)))
  writeZipped(`${documents}/changelog`, readFileSync(join(ROOT, 'CHANGELOG.md')))
  writeZipped(
    `${documents}/changelog.Debian`,
    `chatd (${version}) unstable; urgency=medium

  * Release ${upstream}; changelog.gz says what is new.

 -- ${MAINTAINER}  ${released.toUTCString().replace('GMT', '+0000')}
`,
  )
  copy(join(ROOT, 'packaging/prometheus/chatd.rules.yml'), `${documents}/chatd.rules.yml`)
  // What a machine with a broker needs: that one need not have chatd.
  for (const name of readdirSync(join(ROOT, 'packaging/broker')))
    copy(join(ROOT, 'packaging/broker', name), `${documents}/examples/broker/${name}`)
  write(`${documents}/copyright`, copyright())
  writeZipped(`${documents}/THIRD-PARTY-LICENSES.txt`, readFileSync(join(ROOT, 'THIRD-PARTY-LICENSES.txt')))
  writeZipped(`${documents}/NODE-LICENSE.txt`, licenceOfNode())
  copy(join(ROOT, 'packaging/debian/lintian-overrides'), 'usr/share/lintian/overrides/chatd')
}

function completionPath(name: string): string {
  if (name.endsWith('.bash')) return `usr/share/bash-completion/completions/${basename(name, '.bash')}`
  if (name.endsWith('.fish')) return `usr/share/fish/vendor_completions.d/${name}`
  return `usr/share/zsh/vendor-completions/${name}`
}

/** Our licence, and where those of the bundled packages and of Node with its libraries are. */
function copyright(): string {
  const licence = readFileSync(join(ROOT, 'LICENSE'), 'utf8').trim()
  return `chat-tui: https://www.npmjs.com/package/chat-tui

${licence}

The built programs contain packages of others, whose licences are in
/usr/share/doc/chatd/THIRD-PARTY-LICENSES.txt.gz. /usr/lib/chatd/node is the
published binary of Node.js; its licence, with those of the libraries in it, is in
/usr/share/doc/chatd/NODE-LICENSE.txt.gz.
`
}

/** The licence of Node, which is kept here: the package of Node that brings the binary leaves it out. */
function licenceOfNode(): string {
  const node = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim().slice(1)
  const file = join(ROOT, `packaging/debian/node-${node}-LICENSE.txt`)
  if (existsSync(file)) return readFileSync(file, 'utf8')
  throw new Error(`the package would contain Node ${node} without its licence: put its LICENSE into ${file}`)
}

function addControl(): void {
  const bytes = filesOf(tree).reduce(
    (sum, file) => sum + Math.ceil(statSync(join(tree, file)).size / 1024),
    0,
  )
  const fields = {
    Package: 'chatd',
    Version: version,
    Architecture: architecture,
    Maintainer: MAINTAINER,
    'Installed-Size': String(bytes),
    Depends: [...new Set(librariesOfNode()), SCRIPTS_DEPEND].join(', '),
    Suggests: 'bash-completion',
    Section: 'net',
    Priority: 'optional',
    Homepage: 'https://www.npmjs.com/package/chat-tui',
    Description: `chat server for people in terminals, with its client
 chatd is a small daemon that keeps the rooms of a team. It stores each
 message on the disk before it acknowledges it, takes TLS with nothing to set
 up, and has accounts, history and search. Any program can join by lines of
 JSON.
 .
 chat-tui is the full-screen client for the terminal, driven from the
 keyboard.
 .
 The package brings its own Node.js and needs no network to be installed.`,
  }
  const control = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`)
  const sums = filesOf(tree).map(file => {
    const sum = createHash('md5')
      .update(readFileSync(join(tree, file)))
      .digest('hex')
    return `${sum}  ${file}\n`
  })
  write('DEBIAN/control', control.join(''))
  write('DEBIAN/md5sums', sums.join(''))
  write('DEBIAN/conffiles', '/etc/chatd/chatd.conf\n')
  for (const script of ['postinst', 'prerm', 'postrm'])
    copy(join(ROOT, 'packaging/debian', script), `DEBIAN/${script}`, 0o755)
}

function librariesOfNode(): readonly string[] {
  const loaded = [...run('ldd', NODE).matchAll(/^\s*(\S+) =>/gm)].map(([, library = '']) => library)
  return loaded.map(library => {
    const found = LIBRARIES[library]
    if (found === undefined) throw new Error(`Node needs ${library}: add its package to LIBRARIES`)
    return found
  })
}

/** The files of a directory, sorted, by their paths in it. */
function filesOf(directory: string): readonly string[] {
  return globSync('**', { cwd: directory, exclude: ['DEBIAN'] })
    .filter(path => statSync(join(directory, path)).isFile())
    .sort()
}

function write(path: string, content: string | Buffer, mode = 0o644): void {
  const file = join(tree, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  chmodSync(file, mode)
}

function copy(from: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true })
  copyFileSync(from, join(tree, to))
  chmodSync(join(tree, to), mode)
}

/** Compressed without a time or a name, which would differ. */
function writeZipped(path: string, content: string | Buffer): void {
  write(`${path}.gz`, gzipSync(content, { level: 9 }))
}

/** Gives everything one time, and directories and files the permissions that do not depend on the umask here. */
function setTimes(path: string): void {
  const isDirectory = statSync(path).isDirectory()
  if (isDirectory) for (const name of readdirSync(path)) setTimes(join(path, name))
  chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755)
  lutimesSync(path, released, released)
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' }).trim()
}
