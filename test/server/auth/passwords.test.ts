import { describe, expect, onTestFinished, test } from 'vitest'
import { checkPassword, hashPassword } from '../../../src/server/auth/passwordHash.ts'
import { checkNewPassword, Passwords } from '../../../src/server/auth/passwords.ts'
import { WindowCounter } from '../../../src/server/auth/windowCounter.ts'

function opened(): Passwords {
  const passwords = new Passwords()
  onTestFinished(() => passwords.close())
  return passwords
}

describe('passwords', () => {
  test('are hashed as argon2id with 19 MiB, each with a salt of its own', () => {
    const [first, second] = [hashPassword('correct horse'), hashPassword('correct horse')]
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(first).not.toBe(second)
    expect(checkPassword('correct horse', first)).toBe(true)
    expect(checkPassword('correct horsf', first)).toBe(false)
    expect(checkPassword('', first)).toBe(false)
  })

  // From the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1
  test('of other programs are read, and a hash that cannot be read is never right', () => {
    const foreign = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(checkPassword('password', foreign)).toBe(true)
    expect(checkPassword('passwore', foreign)).toBe(false)
    for (const broken of [
      '',
      '-',
      'plain',
      foreign.replace('argon2id', 'argon2i'),
      foreign.replace('65536', '99999999'),
    ])
      expect(checkPassword('password', broken)).toBe(false)
  })

  test('are checked one at a time in a thread, 32 waiting; beyond, the caller is told to come again', async () => {
    const passwords = opened()
    const hashed = await passwords.hash('correct horse')
    if (!hashed.ok) throw new Error(hashed.error.message)
    expect(await passwords.check('correct horse', hashed.value)).toEqual({ ok: true, value: true })
    expect(await passwords.check('correct horse', undefined)).toEqual({ ok: true, value: false })
    const many = await Promise.all(Array.from({ length: 40 }, () => passwords.check('wrong', hashed.value)))
    expect(many.filter(({ ok }) => ok)).toHaveLength(33)
    expect(many.find(({ ok }) => !ok)).toMatchObject({ error: { code: 'rate_limited', retryAfter: 5_000 } })
  })

  test('are chosen with eight characters or more, and not the name', () => {
    expect(checkNewPassword('1234567', 'bob').ok).toBe(false)
    expect(checkNewPassword('👍👍👍👍👍👍👍', 'bob').ok).toBe(false)
    expect(checkNewPassword('12345678', 'bob').ok).toBe(true)
    expect(checkNewPassword('BobBobBob', 'bobbobbob').ok).toBe(false)
  })
})

test('a counter holds off beyond its bound, until its time is over, and each key by itself', () => {
  const counter = new WindowCounter(() => 2, 1_000)
  for (const now of [0, 10]) {
    expect(counter.waitFor('a', now)).toBe(0)
    counter.add('a', now)
  }
  expect(counter.waitFor('a', 400)).toBe(600)
  expect(counter.waitFor('b', 400)).toBe(0)
  counter.takeBack('a')
  expect(counter.waitFor('a', 400)).toBe(0)
  counter.add('a', 400)
  counter.sweep(999)
  expect(counter.waitFor('a', 999)).toBe(1)
  counter.sweep(1_000)
  expect(counter.waitFor('a', 1_000)).toBe(0)
})
