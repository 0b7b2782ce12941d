import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { hostOf } from '../../../../src/server/brokers.ts'
import { readCredentials } from '../../../../src/server/log/jetstream/access.ts'
import { temporaryDirectory } from '../../directory.ts'

const key = nkeys.createUser()
const seed = new TextDecoder().decode(key.getSeed())
const CREDS = `-----BEGIN NATS USER JWT-----
header.claims.signature
------END NATS USER JWT------

************************* IMPORTANT *************************
-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`

function signedIn(text: string): unknown {
  const file = join(temporaryDirectory(), 'login')
  writeFileSync(file, text, { mode: 0o600 })
  const read = readCredentials(file)
  return read.ok ? read.value('nonce') : read.error
}

test('a file signs in by a password, a token, a key, or a file of nsc', () => {
  expect(signedIn('user = "chatd"\npassword = "a b"\n')).toEqual({ user: 'chatd', pass: 'a b' })
  expect(signedIn('# for chatd\ntoken = "t"')).toEqual({ auth_token: 't' })
  expect(signedIn(`${seed}\n`)).toMatchObject({ nkey: key.getPublicKey() })
  expect(signedIn(CREDS)).toMatchObject({ jwt: 'header.claims.signature', nkey: key.getPublicKey() })
})

test.each([
  '',
  'user = "chatd"',
  'user = "chatd"\npassword = "x"\ntoken = "t"',
  'password',
  `SU${'A'.repeat(56)}`,
  CREDS.replace(seed, 'SUX'),
])('%j is nothing to sign in by', text => {
  expect(signedIn(text)).toContain('holds nothing to sign in by')
})

test('the host of a broker has no port and no brackets', () => {
  expect(['a:4222', '[::1]:4222', '10.0.0.1:1'].map(hostOf)).toEqual(['a', '::1', '10.0.0.1'])
})
