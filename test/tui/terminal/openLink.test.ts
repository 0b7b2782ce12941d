import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { browserOf, openLink } from '../../../src/tui/terminal/openLink.ts'
import { linksIn } from '../../../src/tui/text/links.ts'
import { temporaryDirectory } from '../../server/directory.ts'

test.each([
  [{ BROWSER: 'firefox:chromium' }, ['firefox']],
  [{ BROWSER: 'firefox --new-tab %s' }, ['firefox', '--new-tab', '%s']],
  [{ BROWSER: '/usr/bin/w3m' }, undefined],
  [{ DISPLAY: ':0' }, ['xdg-open']],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
  [{ DISPLAY: 'localhost:10.0', SSH_CONNECTION: 'x' }, undefined],
  [{ WSL_DISTRO_NAME: 'Debian' }, ['wslview']],
  [{}, undefined],
])('the browser of %j is %j', (env, expected) => {
  expect(browserOf(env, 'linux')).toEqual(expected)
})

test('the browser gets the address as one argument, which no shell reads', async () => {
  const [link] = linksIn("https://a.example/$(touch$IFS)&b='c';d")
  if (link === undefined) throw new Error('no link')
  const directory = temporaryDirectory()
  const browser = join(directory, 'browser')
  writeFileSync(browser, `#!/bin/sh\nprintf '%s|' "$@" > ${directory}/args\n`)
  chmodSync(browser, 0o755)
  expect(await openLink(link.target, { BROWSER: `${browser} --tab` })).toBe(true)
  expect(readFileSync(join(directory, 'args'), 'utf8')).toBe(`--tab|${link.target}|`)
})

test.each(['false', '/nonexistent/browser', ''])('with BROWSER=%s nothing was opened', async browser => {
  const [link] = linksIn('https://a.example/')
  if (link === undefined) throw new Error('no link')
  expect(await openLink(link.target, { BROWSER: browser })).toBe(false)
})
