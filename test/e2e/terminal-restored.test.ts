import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Home } from './home.ts'
import { CHAT_TUI, Chatd, joined } from './programs.ts'
import { KEY, Terminal } from './terminal.ts'

const REPOSITORY = new URL('../..', import.meta.url).pathname

/** The last state of each mode that a program set; `undefined` for those it never touched. */
function lastMode(raw: string, mode: number): 'on' | 'off' | undefined {
  const last = [...raw.matchAll(new RegExp(`\\x1b\\[\\?${mode}([hl])`, 'g'))].at(-1)?.[1]
  return last === undefined ? undefined : last === 'h' ? 'on' : 'off'
}

/** That a terminal is as a shell wants it. */
async function expectRestored(terminal: Terminal): Promise<void> {
  // The last output may not be drawn yet.
  await terminal.waitFor(() => !terminal.isFullScreen)
  const { raw } = terminal
  const modes = {
    alternate: 1049,
    cursor: 25,
    wrapping: 7,
    paste: 2004,
    focus: 1004,
    synchronized: 2026,
    clicks: 1000,
  }
  expect(
    Object.fromEntries(Object.entries(modes).map(([name, mode]) => [name, lastMode(raw, mode)])),
  ).toEqual({
    alternate: 'off',
    cursor: 'on',
    wrapping: 'on',
    paste: 'off',
    focus: 'off',
    synchronized: 'off',
    clicks: undefined,
  })
  // As many kitty keyboards put down as were taken up, and the colours as they were.
  expect(raw.match(/\x1b\[<u/g)?.length).toBe(raw.match(/\x1b\[>\d+u/g)?.length)
}

describe('the terminal is as it was', () => {
  test('after Ctrl+C twice', async () => {
    const alice = await joined(await Chatd.start(), 'alice', 'dev')
    alice.type(KEY.ctrlC)
    await alice.waitFor('press Ctrl+C again to quit')
    alice.type(KEY.ctrlC)
    expect(await alice.exited).toEqual({ code: 0, signal: 0 })
    await expectRestored(alice)
  })

  test('after /quit', async () => {
    const alice = await joined(await Chatd.start(), 'alice', 'dev')
    alice.type(`/quit${KEY.enter}`)
    expect(await alice.exited).toEqual({ code: 0, signal: 0 })
    await expectRestored(alice)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
    ['SIGUSR2', 140],
    ['SIGALRM', 142],
    ['SIGVTALRM', 154],
    ['SIGXCPU', 152],
    ['SIGPWR', 158],
    ['SIGSYS', 159],
  ] as const)('after %s', async (signal, code) => {
    const alice = await joined(await Chatd.start(), 'alice', 'dev')
    alice.signal(signal)
    expect(await alice.exited).toEqual({ code, signal: 0 })
    await expectRestored(alice)
  })

  // Ink's signal handling ends the process for these before we do.
  test.each(['SIGPOLL', 'SIGABRT'] as const)('after %s, however that ends it', async signal => {
    const alice = await joined(await Chatd.start(), 'alice', 'dev')
    alice.signal(signal)
    await alice.exited
    await expectRestored(alice)
  })

  test.each(['throw new Error("boom")', 'Promise.reject(new Error("boom"))'])(
    'after a bug, whose message can be read: %s',
    async bug => {
      const home = new Home()
      writeFileSync(home.join('bug.cjs'), `process.on('SIGURG', () => { ${bug} })`)
      const buggy = new Home({ NODE_OPTIONS: `--require ${home.join('bug.cjs')}` })
      const alice = await joined(await Chatd.start(), 'alice', 'dev', { home: buggy })
      alice.signal('SIGURG')
      expect((await alice.exited).code).toBe(1)
      await expectRestored(alice)
      await alice.waitFor('boom')
    },
  )

  test('SIGUSR1 opens no debugger, and the screen goes on', async () => {
    const chatd = await Chatd.start()
    const args = ['--host', '127.0.0.1', '--port', `${chatd.port}`, '--user', 'alice']
    const home = new Home({ PATH: `${dirname(process.execPath)}:/usr/bin:/bin` })
    // By its first line, as users start it.
    const alice = new Terminal(CHAT_TUI, args, { home })
    await alice.waitFor('● online')
    alice.signal('SIGUSR1')
    alice.type('goes on')
    await alice.waitFor('alice › goes on')
    expect(alice.raw).not.toContain('Debugger listening')
  })

  test('quitting before the terminal has answered leaves nothing for the shell to read', async () => {
    const chatd = await Chatd.start()
    const home = new Home({ PS1: 'shell> ' })
    writeFileSync(home.join('.inputrc'), 'set enable-bracketed-paste off\n')
    const shell = new Terminal('bash', ['--norc', '--noprofile', '-i'], {
      home,
      cwd: REPOSITORY,
      answersAfter: 100,
    })
    await shell.waitFor('shell>')
    shell.type(
      `${process.execPath} ${CHAT_TUI} --host 127.0.0.1 --port ${chatd.port} --user alice${KEY.enter}`,
    )
    await shell.waitFor(() => shell.isFullScreen)
    shell.type(KEY.ctrlC)
    shell.type(KEY.ctrlC)
    await shell.waitFor(() => !shell.isFullScreen)
    await shell.waitFor(/shell>\s*$/)
    shell.type(`echo $((20+22))${KEY.enter}`)
    await shell.waitFor(/^42$/m)
    expect(shell.rows().join('\n')).not.toMatch(/\?0u|\?1;2c|\[\?/)
  })

  test('a terminal that is gone ends the client', async () => {
    const home = new Home()
    const alice = await joined(await Chatd.start(), 'alice', 'dev', { home })
    alice.hangUp()
    await alice.exited
    expect(home.processes()).toEqual([])
  })
})

/** alice in a room, started by a shell with job control. */
async function inShell(command: string): Promise<{ readonly shell: Terminal; readonly home: Home }> {
  const chatd = await Chatd.start()
  const home = new Home({ PS1: 'shell> ' })
  // The modes that are looked at are to be ours, not the shell's.
  writeFileSync(home.join('.inputrc'), 'set enable-bracketed-paste off\n')
  const shell = new Terminal('bash', ['--norc', '--noprofile', '-i'], { home, cwd: REPOSITORY })
  await shell.waitFor('shell>')
  shell.type(`${command} --host 127.0.0.1 --port ${chatd.port} --user alice --room dev${KEY.enter}`)
  await shell.waitFor('● online')
  return { shell, home }
}

describe('Ctrl+Z gives the terminal to the shell, fg takes it back', () => {
  test.each([
    ['started by the shell', `${process.execPath} ${CHAT_TUI}`],
    ['started by npx, which waits for it', 'npx .'],
  ])('%s', async (_, command) => {
    const { shell } = await inShell(command)
    shell.type('a draft')
    await shell.waitFor('alice › a draft')

    shell.type(KEY.ctrlZ)
    await shell.waitFor('Stopped')
    await expectRestored(shell)
    shell.type(`echo $((20+22))${KEY.enter}`)
    await shell.waitFor(/^42$/m)

    shell.type(`fg${KEY.enter}`)
    await shell.waitFor(screen => screen.includes('● online') && screen.includes('alice › a draft'))
    await shell.waitFor(() => shell.isFullScreen)
    shell.type(' goes on')
    await shell.waitFor('a draft goes on')
    // The first clears the text, the others quit.
    shell.type(KEY.ctrlC)
    await shell.waitFor(/alice › *$/m)
    shell.type(KEY.ctrlC)
    await shell.waitFor('press Ctrl+C again to quit')
    shell.type(KEY.ctrlC)
    await shell.waitFor(/shell>\s*$/)
    await expectRestored(shell)
  })

  test('pressed twice at once it stops once', async () => {
    const { shell } = await inShell(`${process.execPath} ${CHAT_TUI}`)
    shell.type(KEY.ctrlZ + KEY.ctrlZ)
    await shell.waitFor('Stopped')
    shell.type(`fg${KEY.enter}`)
    await shell.waitFor(() => shell.isFullScreen)
    shell.type('goes on')
    await shell.waitFor('alice › goes on')
  })

  test('a signal to stop does the same', async () => {
    const { shell, home } = await inShell(`${process.execPath} ${CHAT_TUI}`)
    for (const { pid, command } of home.processes())
      if (command.includes('chat-tui.cjs')) process.kill(pid, 'SIGTSTP')
    await shell.waitFor('Stopped')
    await expectRestored(shell)
    shell.type(`fg${KEY.enter}`)
    await shell.waitFor(() => shell.isFullScreen)
    shell.type('goes on')
    await shell.waitFor('alice › goes on')
  })

  test('kill -STOP cannot be caught; after fg the screen and its keys are back', async () => {
    const { shell, home } = await inShell(`${process.execPath} ${CHAT_TUI}`)
    for (const { pid, command } of home.processes())
      if (command.includes('chat-tui.cjs')) process.kill(pid, 'SIGSTOP')
    await shell.waitFor('Stopped')
    shell.type(`stty sane; printf '\\033[?1049l\\033[?2004l'; echo $((20+22))${KEY.enter}`)
    await shell.waitFor(/^42$/m)
    shell.type(`fg${KEY.enter}`)
    await shell.waitFor(screen => shell.isFullScreen && screen.includes('● online'))
    expect(lastMode(shell.raw, 2004)).toBe('on')
    shell.type('goes on')
    await shell.waitFor('alice › goes on')
    // In raw mode Ctrl+C is a key.
    shell.type(KEY.ctrlC)
    await shell.waitFor('cleared')
  })

  test('without a shell that could take it back it stays', async () => {
    const alice = await joined(await Chatd.start(), 'alice', 'dev')
    alice.type(KEY.ctrlZ)
    await alice.waitFor(() => !alice.isFullScreen)
    await alice.waitFor(() => alice.isFullScreen)
    alice.type('still here')
    await alice.waitFor('alice › still here')
  })
})
