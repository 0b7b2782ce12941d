import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { Home } from './home.ts'
import { canMakeNetworks, FarMachine } from './network.ts'
import { Chatd } from './programs.ts'

/** Says lines from another machine, one after the other, and gives everything that came back. */
const SCRIPT = `
const { connect } = require('node:tls')
const [host, port, ...lines] = process.argv.slice(1)
const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
let next = 0
const say = () => { const line = lines[next++]; if (line === undefined) socket.end(); else socket.write(line + '\\n') }
socket.on('secureConnect', say)
let rest = ''
socket.on('data', chunk => {
  const parts = (rest + chunk).split('\\n')
  rest = parts.pop()
  for (const part of parts) {
    const frame = JSON.parse(part)
    if (!['welcome', 'ok', 'error'].includes(frame.action)) continue
    console.log(part)
    say()
  }
})
socket.on('error', () => process.exit(1))
`

type Frame = Readonly<Record<string, unknown>>

describe.skipIf(!canMakeNetworks())('guests from other machines', () => {
  async function far() {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), ['--listen', '0.0.0.0:0'])
    const says = (...lines: readonly object[]): readonly Frame[] => {
      const [program, ...prefix] = machine.prefix
      const args = [...prefix, process.execPath, '-e', SCRIPT, machine.near, String(chatd.port)]
      const printed = execFileSync(program, [...args, ...lines.map(line => JSON.stringify(line))], {
        encoding: 'utf8',
      })
      return printed
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Frame)
    }
    return { says }
  }
  const connect = (username: string, more: object = {}) => ({
    action: 'connect',
    id: 'c',
    username,
    protocol: 1,
    ...more,
  })

  test('begin five sessions an address in ten minutes; an account and a session are not bounded', async () => {
    const { says } = await far()
    const [first] = says(connect('first'), { action: 'register', id: 'r', password: 'correct horse' })
    for (let at = 1; at < 5; at++) expect(says(connect(`name${at}`))[0]).toMatchObject({ action: 'welcome' })
    expect(says(connect('sixth'))[0]).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    expect(says(connect('first', { session: first?.['session'] }))[0]).toMatchObject({ action: 'welcome' })
    expect(says(connect('first', { password: 'correct horse' }))[0]).toMatchObject({ action: 'welcome' })
  })

  test('make three rooms an hour, and write directly only to people of a room that they share', async () => {
    const { says } = await far()
    const answers = says(
      connect('stranger'),
      ...[1, 2, 3, 4, 1].map(n => ({ action: 'joinroom', id: `j${n}`, room: `room${n}` })),
      { action: 'chat', id: 'd', room: '@stranger', message: 'to myself' },
    )
    expect(answers.map(({ action, code }) => code ?? action)).toEqual([
      'welcome',
      'ok',
      'ok',
      'ok',
      'rate_limited',
      'ok',
      'ok',
    ])
    const [, alone] = says(connect('other'), { action: 'chat', id: 'd', room: '@stranger', message: 'hi' })
    expect(alone).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('room that they share'),
    })
  })

  test('speak five messages at once, and then one a second', async () => {
    const { says } = await far()
    const chat = (n: number) => ({ action: 'chat', id: `m${n}`, room: 'dev', message: `${n}` })
    const began = performance.now()
    const answers = says(
      connect('stranger'),
      { action: 'joinroom', id: 'j', room: 'dev' },
      ...[1, 2, 3, 4, 5, 6, 7].map(chat),
    )
    expect(answers.filter(({ action }) => action === 'ok')).toHaveLength(8)
    expect(performance.now() - began).toBeGreaterThan(1_500)
  })
})
