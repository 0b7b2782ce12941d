/** The names of rooms hold no blank, so no room has such a key. */
const PREFIX = 'deleted '

/**
 * The key under which the rows of a room stand while they are removed: no look-up by the name of the room finds them, and the name
 * is not free yet.
 */
export function endingKey(roomKey: string): string {
  return PREFIX + roomKey
}

/** Whether it is such a key. */
export function isEndingKey(key: string): boolean {
  return key.startsWith(PREFIX)
}

/** The key that a room has, or had before its rows were to be removed. */
export function keyBeforeEnd(key: string): string {
  return isEndingKey(key) ? key.slice(PREFIX.length) : key
}

/** The keys of the rooms whose rows are being removed, as rows with `key`. */
export const SELECT_ENDING = `SELECT substr(key, ${PREFIX.length + 1}) AS key FROM rooms
  WHERE key >= '${PREFIX}' AND key < 'deleted!'`

/** Of `rooms`: it is not one of those. */
export const NOT_ENDING = `NOT (key >= '${PREFIX}' AND key < 'deleted!')`
