import { readFileSync } from 'node:fs'
import { get as getPlain } from 'node:http'
import { get as getEncrypted } from 'node:https'
import * as z from 'zod'
import { failure, type Result, success } from '../../../protocol/errors.ts'

const ANSWER_WITHIN = 3_000
const MAX_BYTES = 4 * 1024 * 1024

/** The part of `/varz` that is looked at. */
const varz = z.object({
  server_name: z.string(),
  now: z.string(),
  jetstream: z
    .object({
      config: z
        .object({ sync_always: z.boolean().optional(), max_storage: z.number().optional() })
        .optional(),
      stats: z.object({ storage: z.number() }).optional(),
    })
    .optional(),
})
const health = z.object({ status: z.string(), error: z.string().optional() })

/** What the monitoring of a broker says. */
export interface Monitored {
  readonly url: string
  readonly name: string
  /** Whether each message is on the disk before it is acknowledged. */
  readonly syncsAlways: boolean
  /** Bytes that JetStream has, and that it may have; undefined: it does not say. */
  readonly storage: { readonly used: number; readonly most: number } | undefined
  /** How far the clock of the broker is ahead of ours, ms, and how wrong that may be. */
  readonly clock: { readonly ahead: number; readonly within: number }
  /** A sentence of the broker where it is not well. */
  readonly unwell: string | undefined
}

/** Asks the monitoring of a broker. The error is the reason why it does not answer. @param ca a file of certificates */
export async function lookAtMonitor(url: string, ca: string | undefined): Promise<Result<Monitored, string>> {
  try {
    const asked = Date.now()
    const seen = varz.parse(await getJson(new URL('/varz', url), ca))
    const answered = Date.now()
    const { status, error } = health.parse(await getJson(new URL('/healthz', url), ca))
    const { config, stats } = seen.jetstream ?? {}
    return success({
      url,
      name: seen.server_name,
      syncsAlways: config?.sync_always === true,
      storage:
        config?.max_storage === undefined || stats === undefined
          ? undefined
          : { used: stats.storage, most: config.max_storage },
      clock: { ahead: Date.parse(seen.now) - (asked + answered) / 2, within: (answered - asked) / 2 },
      unwell: status === 'ok' ? undefined : (error ?? status),
    })
  } catch (error) {
    if (error instanceof z.ZodError) return failure('what answers there is no nats-server')
    return failure(error instanceof Error ? error.message : String(error))
  }
}

function getJson(url: URL, ca: string | undefined): Promise<unknown> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN)
  const isEncrypted = url.protocol === 'https:'
  const options = {
    signal,
    agent: false,
    ...(isEncrypted && ca !== undefined ? { ca: readFileSync(ca) } : {}),
  }
  return new Promise((resolve, reject) => {
    const request = (isEncrypted ? getEncrypted : getPlain)(url, options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > MAX_BYTES) request.destroy(new Error('it answers without end'))
      })
      response.on('error', reject)
      response.on('end', () => {
        try {
          resolve(JSON.parse(text))
        } catch {
          reject(new Error('what answers there is no nats-server'))
        }
      })
    })
    request.on('error', error =>
      reject(signal.aborted ? new Error(`no answer within ${ANSWER_WITHIN / 1_000} s`) : error),
    )
  })
}
