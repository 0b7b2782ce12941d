import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/**
 * A control group for one machine, below that of this process, in each hierarchy by which systemd knows processes. Without it two machines
 * share one: systemd-nspawn has all in `payload` of the caller's group, and one systemd then removes the groups of the other's services.
 */
export class ControlGroup {
  readonly #directories: readonly string[]

  constructor(name: string) {
    this.#directories = hierarchies().map(directory => join(directory, name))
    for (const directory of this.#directories) mkdirSync(directory)
  }

  /** A command that runs another one in the group. */
  entering(command: readonly string[]): readonly string[] {
    const enter = this.#directories.map(directory => `echo $$ >${directory}/cgroup.procs`)
    return ['sh', '-c', [...enter, 'exec "$@"'].join(' && '), 'sh', ...command]
  }

  /** Removes what its processes left; false while some still run. */
  remove(): boolean {
    return this.#directories.every(directory => {
      try {
        // The deepest first.
        for (const group of globSync('**/', { cwd: directory }).sort().reverse())
          rmdirSync(join(directory, group))
        if (existsSync(directory)) rmdirSync(directory)
        return true
      } catch {
        return false
      }
    })
  }
}

/** The directories of this process's groups in the hierarchy of systemd, and in the unified one. */
function hierarchies(): readonly string[] {
  const isUnified = existsSync(join(ROOT, 'cgroup.controllers'))
  return readFileSync('/proc/self/cgroup', 'utf8')
    .trim()
    .split('\n')
    .flatMap(line => {
      const [, controllers, path = '/'] = line.split(':')
      if (controllers === '') return join(ROOT, isUnified ? '' : 'unified', path)
      return controllers === 'name=systemd' ? join(ROOT, 'systemd', path) : []
    })
    .filter(existsSync)
}
