import type { Msg } from '@nats-io/transport-node'
import type { StreamMessage } from '../stream.ts'

/** A message as a consumer delivered it. */
export interface Delivered {
  readonly message: StreamMessage
  /** Counts the messages of the consumer, from 1 on. */
  readonly number: number
}

/** Digits of a time in ns that are not of its ms. */
const NANOSECOND_DIGITS = 6
/** The parts of the older form of the subject; a newer one has a domain, an account and a token beside them. */
const OLD_FORM = 9

/** What a consumer delivered; undefined where the message says how the consumer is. */
export function deliveredOf(message: Msg): Delivered | undefined {
  const parts = message.reply?.startsWith('$JS.ACK.') === true ? message.reply.split('.') : []
  if (parts.length < OLD_FORM) return undefined
  const [position, number, time] = parts.length === OLD_FORM ? parts.slice(5) : parts.slice(7)
  if (position === undefined || number === undefined || time === undefined) return undefined
  return {
    number: Number(number),
    message: {
      position: Number(position),
      ts: Number(time.slice(0, -NANOSECOND_DIGITS)),
      replaces: replacedBy(message.subject),
      data: message.data,
    },
  }
}

/** The subject of what stands for a message. */
export function replacementSubject(stream: string, position: number): string {
  return `${stream}.redo.${position}`
}

/** The position that a message stands for, by its subject. */
export function replacedBy(subject: string): number | undefined {
  const position = /\.redo\.(\d+)$/.exec(subject)?.[1]
  return position === undefined ? undefined : Number(position)
}
