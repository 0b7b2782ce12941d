import unhomoglyph from 'unhomoglyph'
import type { Refusal } from '../../protocol/errors.ts'

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/**
 * What a name looks like: two names that people may take for each other have the same skeleton. By the data of UTS 39
 * (Unicode Security Mechanisms, section 4), which gives `dеv` with a Cyrillic letter and `dev`, or `aIice` and `alice`, one;
 * capitals and small letters count as alike. The log stores skeletons: with another version of that data a step of the schema
 * has to make them again.
 * @param name as it is shown
 */
export function skeletonOf(name: string): string {
  const decomposed = name.normalize('NFKC').normalize('NFD').replaceAll(INVISIBLE, '')
  return unhomoglyph(decomposed).normalize('NFD').toLowerCase()
}

/** The refusal of a new room that looks like another one. */
export function roomLike(name: string, other: string): Refusal {
  return { code: 'room_invalid', message: `"${name}" looks like the room "${other}"; choose another name` }
}

/** The refusal of a name that looks like that of an account, or of a person who is here. */
export function nameLike(name: string, other: string): Refusal {
  return {
    code: 'name_taken',
    message: `"${name}" looks like "${other}", the name of another person; choose another name`,
  }
}
