import type { DatabaseSync } from 'node:sqlite'
import type { Refusal } from '../../../../protocol/errors.ts'
import type { RoomRename } from '../../maintenance.ts'
import { directNames, roomEnded } from '../../roomKeys.ts'
import { roomLike, skeletonOf } from '../../skeleton.ts'
import { integer, optionalText } from '../columns.ts'
import type { Lookalikes } from '../lookalikes.ts'
import type { RoomTable } from './roomTable.ts'
import { type Statements, statements } from './statements.ts'

/** Names that a room can have beside its first one: all of them stay taken as long as the room is there. */
const MAX_FURTHER_NAMES = 16

/** The part of the fold that renames rooms. Belongs into a transaction. */
export class RoomNames {
  readonly #sql: Statements
  readonly #rooms: RoomTable
  readonly #lookalikes: Lookalikes

  constructor(database: DatabaseSync, rooms: RoomTable, lookalikes: Lookalikes) {
    this.#sql = statements(database)
    this.#rooms = rooms
    this.#lookalikes = lookalikes
  }

  /** Gives a room another title; the key under which all of it is kept stays. The refusal where it may not have it. */
  rename(rename: RoomRename): Refusal | undefined {
    const { roomKey, name, nameKey } = rename
    if (directNames(roomKey) !== undefined || directNames(nameKey) !== undefined)
      return { code: 'forbidden', message: 'direct conversations have the names of their people' }
    const room = this.#rooms.find(roomKey)
    if (room === undefined)
      return this.#rooms.isEnding(roomKey)
        ? roomEnded(roomKey)
        : { code: 'not_found', message: `"${roomKey}" is empty: it can be renamed once something is in it` }
    const isFirst = nameKey === roomKey
    const isOwn = isFirst || this.#rooms.further.roomOf(nameKey) === roomKey
    const refusal = (isOwn ? undefined : this.#refuseNew(room.number, rename)) ?? this.#refuseLike(rename)
    if (refusal !== undefined) return refusal
    const skeleton = skeletonOf(name)
    if (isFirst) this.#sql('UPDATE rooms SET skeleton = ? WHERE number = ?').run(skeleton, room.number)
    else
      this.#sql(
        `INSERT INTO room_names (key, room, skeleton) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET skeleton = excluded.skeleton`,
      ).run(nameKey, room.number, skeleton)
    // What was set for the name before it led here leads nowhere.
    if (!isFirst) this.#sql('DELETE FROM retention WHERE room = ?').run(nameKey)
    this.#sql('UPDATE rooms SET title = nullif(?, name) WHERE number = ?').run(name, room.number)
    return undefined
  }

  /** The refusal of an entry for a room that has become a name of another one meanwhile. */
  refuseFurther(nameKey: string): Refusal | undefined {
    const room = this.#rooms.further.roomOf(nameKey)
    if (room === undefined) return undefined
    return { code: 'not_found', message: `"${nameKey}" leads to the room "${room}" now; join it` }
  }

  #refuseNew(number: number, { roomKey, name, nameKey }: RoomRename): Refusal | undefined {
    const other = this.#rooms.further.roomOf(nameKey)
    const taken = (message: string): Refusal => ({ code: 'name_taken', message })
    if (this.#rooms.isEnding(other ?? nameKey))
      return taken(`the room "${name}" is being deleted; try again in a moment`)
    if (other !== undefined)
      return taken(`"${name}" leads to the room "${other}", which had this name; choose another name`)
    if (this.#rooms.find(nameKey) !== undefined)
      return taken(`there is a room "${name}" already; choose another name, or delete it first`)
    const counted = this.#sql('SELECT count(*) AS count FROM room_names WHERE room = ?').get(number) ?? {}
    if (integer(counted, 'count') < MAX_FURTHER_NAMES) return undefined
    const message = `"${roomKey}" has had ${MAX_FURTHER_NAMES} other names, all of which lead to it; choose one of them`
    return { code: 'limit_reached', message }
  }

  /** A name that the room has had passes: others were compared with it when they came. */
  #refuseLike({ roomKey, name, nameKey }: RoomRename): Refusal | undefined {
    const known =
      nameKey === roomKey
        ? this.#sql('SELECT skeleton FROM rooms WHERE key = ?').get(nameKey)
        : this.#sql('SELECT skeleton FROM room_names WHERE key = ?').get(nameKey)
    if (known !== undefined && optionalText(known, 'skeleton') === skeletonOf(name)) return undefined
    const like = this.#lookalikes.room(roomKey, name)
    return like === undefined ? undefined : roomLike(name, like)
  }
}
