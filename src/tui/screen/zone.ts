import { watch } from 'node:fs'

/**
 * Calls `changed` when the time zone of the system was changed; Node formats times in the new one then. A zone that TZ names
 * does not change.
 * @returns a function that ends the watch
 */
export function watchZone(changed: () => void): () => void {
  if (process.env['TZ'] !== undefined) return () => undefined
  try {
    // The file is replaced, not written, so the directory is watched.
    const watcher = watch('/etc', { persistent: false }, (_, name) => {
      if (name !== 'localtime') return
      // Node looks at the system's zone again whenever TZ is set or removed.
      delete process.env['TZ']
      changed()
    })
    watcher.on('error', () => undefined)
    return () => watcher.close()
  } catch {
    // No watches are left on this machine: the zone is that of the start.
    return () => undefined
  }
}
