import { describe, expect, test } from 'vitest'
import { ERROR_CODES, ERRORS, isRetryable, refuse, success } from '../../src/protocol/errors.ts'

describe('error codes', () => {
  test('are those of the contract', () => {
    expect([...ERROR_CODES].sort()).toEqual(
      [
        ...['bad_frame', 'unknown_action', 'frame_too_long', 'not_connected', 'already_connected'],
        ...[
          'name_invalid',
          'name_taken',
          'auth_failed',
          'auth_required',
          'room_invalid',
          'not_in_room',
          'not_found',
        ],
        ...['forbidden', 'id_reused', 'message_too_long', 'limit_reached'],
        ...[
          'rate_limited',
          'storage_unavailable',
          'internal',
          'server_full',
          'tls_required',
          'shutting_down',
        ],
      ].sort(),
    )
  })

  test('only four of them are worth another try', () => {
    expect(ERROR_CODES.filter(isRetryable)).toEqual([
      'rate_limited',
      'storage_unavailable',
      'server_full',
      'shutting_down',
    ])
  })

  test('a code of a newer server is not retried, nor is what objects inherit', () => {
    for (const code of ['moon_phase', '', 'constructor', '__proto__', 'toString'])
      expect(isRetryable(code)).toBe(false)
  })

  test.each(ERROR_CODES)('%s says in a sentence what it means', code => {
    expect(ERRORS[code].meaning).toMatch(/^[A-Z].+\.$/)
  })
})

test('a refusal is a value with its code, a sentence and what else it says', () => {
  expect(refuse('rate_limited', 'wait a little', { retryAfter: 200 })).toEqual({
    ok: false,
    error: { code: 'rate_limited', message: 'wait a little', retryAfter: 200 },
  })
  expect(success(1)).toEqual({ ok: true, value: 1 })
})
