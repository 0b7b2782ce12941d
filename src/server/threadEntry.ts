import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The file that a thread runs: a source file, or beside the programs where they are built, in whatever chunk the caller is.
 * @param base `import.meta.url` of the caller
 * @param candidates relative paths, of which one exists
 */
export function findThreadEntry(base: string, candidates: readonly string[]): string {
  const files = candidates.map(candidate => fileURLToPath(new URL(candidate, base)))
  const found = files.find(file => existsSync(file))
  if (found === undefined) throw new Error(`the program is not whole: none of ${files.join(', ')} is there`)
  return found
}
