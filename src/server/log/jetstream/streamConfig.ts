/** Repeats within this time are not stored twice; later ones are skipped by the fold. */
const DUPLICATE_WINDOW = 120_000_000_000

/** What all streams of chatd have: nothing is lost before it is told to go. */
export const KEPT = {
  retention: 'limits',
  storage: 'file',
  discard: 'new',
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msg_size: -1,
  duplicate_window: DUPLICATE_WINDOW,
  allow_direct: true,
} as const

/** The configuration of a stream that keeps a log, as `chatd cluster init` makes it. */
export function streamConfig(stream: string, replicas: number) {
  return {
    // `.base` is for what is known of the newest base: see `base.ts`.
    subjects: [`${stream}.log`, `${stream}.redo.*`, `${stream}.base`],
    num_replicas: replicas,
    ...KEPT,
  }
}

/** What nats-server has where a stream was made without it; another value loses messages, or keeps chatd from erasing texts. */
const LEFT_OUT = {
  max_msgs_per_subject: -1,
  max_consumers: -1,
  sealed: false,
  deny_delete: false,
  deny_purge: false,
  no_ack: false,
  allow_rollup_hdrs: false,
  allow_msg_ttl: false,
  mirror: undefined,
  sources: undefined,
  subject_transform: undefined,
  republish: undefined,
} as const

/** A setting of a stream that is another than chatd makes. */
export interface ChangedSetting {
  readonly key: string
  readonly is: unknown
  readonly made: unknown
}

/** The settings of a stream that are others than chatd makes, but for the number of replicas. */
export function changedSettings(
  stream: string,
  is: Readonly<Record<string, unknown>>,
): readonly ChangedSetting[] {
  const { num_replicas: _, ...made } = streamConfig(stream, 0)
  const expected: Readonly<Record<string, unknown>> = { ...LEFT_OUT, ...made }
  return Object.entries(expected)
    .map(([key, value]) => ({ key, is: is[key], made: value }))
    .filter(setting => !isSame(setting))
}

/** A server leaves out what is false, 0 or empty. */
function isSame({ key, is, made }: ChangedSetting): boolean {
  if (is === undefined || is === null)
    return made === undefined || made === false || made === 0 || key in LEFT_OUT
  if (Array.isArray(made) && Array.isArray(is))
    return made.length === is.length && made.every(one => is.includes(one))
  return is === made
}
