import { expect, test } from 'vitest'
import { callerText, thisCaller } from '../../../src/server/admin/caller.ts'
import type { Task } from '../../../src/server/admin/tasks.ts'
import { type OperatedServer, startOperated } from '../operator.ts'
import { Peer } from '../peer.ts'

const isJson = false
const WHO = callerText(thisCaller())

/** A server with alice and bob, who said something. */
async function prepared(): Promise<OperatedServer> {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'joinroom', room: 'plans' })
  await alice.ask({ action: 'chat', room: 'plans', message: 'a secret', id: 'm-1' })
  await Peer.full(server, 'bob')
  await alice.ask({ action: 'chat', room: '@bob', message: 'another secret', id: 'm-2' })
  return server
}

/** Tasks that change something, or hand out what users wrote, each with what its line says beside its name. */
const ADMIN: readonly (readonly [Task, Readonly<Record<string, unknown>>])[] = [
  [{ task: 'announce', text: 'a secret', room: 'plans', isJson }, { of: 'one room' }],
  [{ task: 'roomTopic', room: 'plans', topic: 'a secret', isJson }, {}],
  [{ task: 'export', room: 'plans' }, {}],
  [{ task: 'exportDirect', names: ['alice', 'bob'] }, {}],
  [{ task: 'exportUser', name: 'alice' }, {}],
  [{ task: 'userAdd', name: 'carol', keys: [], role: 'user' }, { role: 'user' }],
  [{ task: 'userRole', name: 'carol', role: 'admin' }, { role: 'admin' }],
  [{ task: 'userDisable', name: 'carol', isDisabled: true }, { isDisabled: true }],
  [
    { task: 'tokenAdd', name: 'carol', rooms: ['plans'], may: 'read', label: 'a secret' },
    { may: 'read', rooms: 1 },
  ],
  [{ task: 'userDevices', name: 'carol', revoke: 'all' }, { revoked: 'all' }],
  [{ task: 'invite', uses: 2, rooms: ['plans'], role: 'user' }, { uses: 2 }],
  [{ task: 'policy', names: 'registered' }, { names: 'registered' }],
  [{ task: 'userRemove', name: 'carol' }, {}],
  [
    { task: 'retain', room: 'plans', keep: { days: 9 } },
    { of: 'one room', keep: { days: 9 } },
  ],
  [{ task: 'logLevel', level: 'info', isJson }, { level: 'info' }],
  [{ task: 'kick', whom: 'bob', isName: true, reason: 'a secret', isJson }, { of: 'one user' }],
  [{ task: 'roomDelete', room: 'plans', isJson }, {}],
  [{ task: 'erase', name: 'alice' }, {}],
]

const LOOKS: readonly Task[] = [
  { task: 'who', isJson },
  { task: 'roomList', isJson },
  { task: 'userList' },
  { task: 'inviteList' },
  { task: 'tokenList' },
  { task: 'audit', limit: 9 },
  { task: 'check' },
  { task: 'policy' },
  { task: 'retain' },
  { task: 'logLevel', isJson },
  { task: 'userKeys', name: 'carol', add: [] },
  { task: 'userDevices', name: 'carol' },
]

test('the journal has one line for each task that changes something, with who and what, and nothing that users wrote', async () => {
  const server = await prepared()
  for (const [task] of ADMIN) expect(await server.run(task)).toMatchObject({ result: { ok: true } })
  const by = { ...thisCaller() }
  expect(server.logged).toEqual(
    ADMIN.map(([{ task }, more]) =>
      expect.objectContaining({ event: 'admin', task, by, result: 'ok', ...more }),
    ),
  )
  expect(JSON.stringify(server.logged)).not.toMatch(/secret|plans|alice|bob|carol/)
})

test('the line of a task that failed has the code of its failure, and a look has no such line', async () => {
  const server = await prepared()
  await server.run({ task: 'kick', whom: 'dave', isName: false, isJson })
  await server.run({ task: 'kick', whom: 'c77', isName: false, isJson })
  await server.run({ task: 'userRemove', name: 'dave' })
  await server.run({ task: 'reload' })
  const failed = server.logged.filter(({ event }) => event === 'admin')
  expect(failed).toMatchObject([
    { task: 'kick', of: 'one user', result: 'unknown' },
    { task: 'kick', of: 'c77', result: 'unknown' },
    { task: 'userRemove', result: 'unknown' },
    { task: 'reload', result: 'not_running' },
  ])
  for (const look of LOOKS) await server.run(look)
  expect(server.logged.slice(failed.length).map(({ event, task }) => [event, task])).toEqual(
    LOOKS.map(({ task }) => [undefined, task]),
  )
})

test('the audit says who did each of them', async () => {
  const server = await prepared()
  for (const [task] of ADMIN) await server.run(task)
  const lines = await server.log.audit(undefined, 99)
  for (const { deed, detail, by } of lines) {
    expect(by).toBeUndefined()
    // The erasing took what was noted about alice.
    if (detail !== '') expect([deed, detail]).toEqual([deed, expect.stringContaining(`by ${WHO}`)])
  }
  const said = new Map(lines.map(({ deed, detail }) => [deed, detail]))
  expect(said.get('export')).toBe(`room plans, by ${WHO}`)
  expect(said.get('setRole')).toBe(`admin, by ${WHO}`)
  expect(said.get('remove')).toBe(`by ${WHO}`)
  expect(said.get('retain')).toBe(`room plans: kept for 9 days, by ${WHO}`)
  expect(said.get('erase')).toMatch(/^\d+ messages of one user, by /)
})

test('the export of a direct conversation is noted about both people, and an erasing takes what is noted', async () => {
  const server = await prepared()
  expect(await server.run({ task: 'exportDirect', names: ['alice', 'erin'] })).toMatchObject({
    result: { ok: false },
  })
  expect(await server.log.audit(undefined, 9)).toEqual([])
  await server.run({ task: 'exportDirect', names: ['Alice', 'bob'] })
  const detail = `a direct conversation, by ${WHO}`
  expect(await server.log.audit(undefined, 9)).toMatchObject([
    { deed: 'exportDirect', target: 'bob', detail },
    { deed: 'exportDirect', target: 'alice', detail },
  ])
  await server.run({ task: 'exportUser', name: 'alice' }, 1)
  expect(await server.log.audit(undefined, 1)).toMatchObject([
    { deed: 'exportUser', target: 'alice', detail: `everything kept, by ${WHO}` },
  ])
  await server.run({ task: 'exportUser', name: 'dave' })
  expect(await server.log.audit(undefined, 9)).toHaveLength(3)
  await server.run({ task: 'erase', name: 'alice' })
  expect(JSON.stringify(await server.log.audit(undefined, 9))).not.toContain('alice')
})
