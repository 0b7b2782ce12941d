import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

const RELEASE = 'bookworm'
/** What a Debian needs to boot; nothing that chatd could want beside its own dependencies. */
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus']

/** The programs beside which docs/operating.md has chatd run, and those that its lines use. */
const SERVICES = [
  ...['haproxy', 'stunnel4', 'nftables', 'openssh-server', 'openssh-client', 'prometheus', 'cron', 'rsync'],
  ...['openssl', 'ca-certificates', 'curl', 'jq', 'ncat', 'socat', 'iproute2', 'procps', 'sudo'],
]

/** A bare Debian 12, and the packages that an administrator without network brings along. */
export interface Root {
  readonly directory: string
  /** The folder with the package of libatomic1. */
  readonly packages: string
}

/** The root of a bare Debian: made once by debootstrap, outside the repository, and never changed afterwards. */
export function bareRoot(): Root {
  const { bare: directory, packages } = places()
  if (existsSync(directory)) return { directory, packages }
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 })
  const making = `${directory}.${process.pid}`
  try {
    console.log(`making a bare Debian ${RELEASE} in ${directory}, once; this takes a minute or two`)
    const include = `--include=${PACKAGES.join(',')}`
    run('debootstrap', '--variant=minbase', include, RELEASE, join(making, 'root'))
    // apt gives up root to fetch, and may write nowhere else.
    const fetch = 'cd /tmp && apt-get -o APT::Sandbox::User=root download libatomic1'
    run('chroot', join(making, 'root'), 'sh', '-c', fetch)
    const [file] = globSync('root/tmp/libatomic1_*.deb', { cwd: making })
    if (file === undefined) throw new Error('apt-get brought no package of libatomic1')
    mkdirSync(join(making, 'packages'))
    renameSync(join(making, file), join(making, 'packages/libatomic1.deb'))
    // Nothing of the machine that the tests run on.
    for (const name of ['hostname', 'resolv.conf']) rmSync(join(making, 'root/etc', name), { force: true })
    writeFileSync(join(making, 'root/etc/hostname'), 'chat\n')
    writeFileSync(join(making, 'root/etc/hosts'), '127.0.0.1 localhost chat\n::1 localhost\n')
    rmSync(packages, { recursive: true, force: true })
    renameSync(join(making, 'packages'), packages)
    renameSync(join(making, 'root'), directory)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return { directory, packages }
}

/** The bare root with {@link SERVICES}, none of which starts by itself; made once for each list. */
export function servicesRoot({ directory: bare }: Root): string {
  const directory = places().services
  if (existsSync(directory)) return directory
  const making = `${directory}.${process.pid}`
  try {
    console.log(
      `making a Debian with ${SERVICES.join(', ')} in ${directory}, once; this takes a minute or two`,
    )
    run('cp', '-a', '--reflink=auto', bare, making)
    run('cp', '--dereference', '/etc/resolv.conf', join(making, 'etc/resolv.conf'))
    // Nothing starts in a root without a running systemd.
    writeFileSync(join(making, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    const apt = 'apt-get -qq -o APT::Sandbox::User=root'
    const install = `${apt} update && ${apt} install -y --no-install-recommends ${SERVICES.join(' ')} && apt-get clean`
    run('chroot', making, 'sh', '-c', `${install} && systemctl disable haproxy nftables prometheus ssh`)
    for (const name of ['etc/resolv.conf', 'usr/sbin/policy-rc.d']) rmSync(join(making, name))
    renameSync(making, directory)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return directory
}

/** A copy of a root in which packages are installed as an image of a machine is made: without a running systemd. */
export function installedRoot({ directory }: Root, packages: readonly string[], copy: string): string {
  run('cp', '-a', '--reflink=auto', directory, copy)
  mkdirSync(join(copy, 'packages'))
  for (const [i, file] of packages.entries()) run('cp', file, join(copy, 'packages', `${i}.deb`))
  run('chroot', copy, 'sh', '-c', 'dpkg --install /packages/*.deb && rm -r /packages')
  return copy
}

/** Whether both roots were made before, so that a test begins at once. */
export function areMade(): boolean {
  const { bare, services } = places()
  return existsSync(bare) && existsSync(services)
}

function places(): { readonly bare: string; readonly packages: string; readonly services: string } {
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim()
  const bare = join(cacheDirectory(), 'chat-tui-systemd', `${RELEASE}-${architecture}`)
  const list = createHash('sha256').update(SERVICES.join()).digest('hex').slice(0, 8)
  return { bare, packages: `${bare}-packages`, services: `${bare}-services-${list}` }
}

function cacheDirectory(): string {
  const given = process.env['XDG_CACHE_HOME']
  return given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache')
}

function run(program: string, ...args: readonly string[]): void {
  try {
    execFileSync(program, args, {
      stdio: 'pipe',
      env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? `${String(error.stderr)}` : ''
    throw new Error(`${program} ${args.join(' ')} failed: ${said.trim().split('\n').slice(-5).join('\n')}`)
  }
}
