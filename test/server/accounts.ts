import { expect } from 'vitest'
import { Peer, type Received, type Server } from './peer.ts'

/** The password of every account in tests. */
export const PASSWORD = 'correct horse'

/** A full `connect`. */
export function connecting(
  username: string,
  more: object = {},
): {
  readonly action: string
  readonly username: string
  readonly protocol: number
} {
  return { action: 'connect', username, protocol: 1, ...more }
}

/** A peer that says one `connect`, and its answer. */
export async function knock(
  server: Pick<Server, 'port'>,
  username: string,
  more: object = {},
): Promise<readonly [Peer, Received]> {
  const peer = await Peer.open(server)
  peer.send(connecting(username, more))
  return [peer, await peer.wait(({ action }) => action === 'welcome' || action === 'error')]
}

/** A registered, connected person. */
export async function registered(
  server: Pick<Server, 'port'>,
  username: string,
  more: object = { password: PASSWORD },
): Promise<Peer> {
  const peer = await Peer.full(server, username)
  expect(await peer.ask({ action: 'register', ...more })).toMatchObject({ action: 'ok', role: 'user' })
  return peer
}

/** The secret of a welcomed peer's session. */
export async function secretOf(peer: Peer): Promise<string> {
  return String((await peer.next('welcome'))['session'])
}
