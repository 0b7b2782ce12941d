import { readFileSync } from 'node:fs'

const GROUPS = '/etc/group'

/** The number of a group of this machine, by its name or its number; undefined where the machine has no such group. */
export function findGroup(nameOrNumber: string, groups = readGroups()): number | undefined {
  if (/^\d{1,9}$/.test(nameOrNumber)) return Number(nameOrNumber)
  for (const line of groups.split('\n')) {
    const [name, , number] = line.split(':')
    if (name === nameOrNumber && number !== undefined && /^\d+$/.test(number)) return Number(number)
  }
  return undefined
}

function readGroups(): string {
  try {
    return readFileSync(GROUPS, 'utf8')
  } catch {
    return ''
  }
}
