import { describe, expect, test } from 'vitest'
import { matchRooms, type SwitcherRoom } from '../../../src/tui/select/switcher.ts'

const room = (name: string, unread = 0, mentions = 0, lastActive = 0): SwitcherRoom => ({
  room: name,
  unread,
  mentions,
  lastActive,
})
const names = (query: string, rooms: readonly SwitcherRoom[]) =>
  matchRooms(query, rooms).map(({ room }) => room.room)

const ROOMS = [
  room('lobby', 0, 0, 5),
  room('dev', 3, 0, 1),
  room('deploy', 0, 0, 9),
  room('@alice', 1, 1, 0),
  room('dev-ops', 1, 0, 2),
]

describe('the switcher', () => {
  test('with nothing typed lists mentions, then unread, then the most recent', () => {
    expect(names('', ROOMS)).toEqual(['@alice', 'dev-ops', 'dev', 'deploy', 'lobby'])
  })
  test('finds letters in order, the best match first', () => {
    expect(names('dev', ROOMS)).toEqual(['dev', 'dev-ops'])
    expect(names('dops', ROOMS)[0]).toBe('dev-ops')
    expect(names('ALI', ROOMS)).toEqual(['@alice'])
    expect(names('xyz', ROOMS)).toEqual([])
  })
  test('takes no notice of the # that people write', () => {
    expect(names('#lob', ROOMS)).toEqual(['lobby'])
    expect(names('#', ROOMS)).toHaveLength(ROOMS.length)
  })
  test('says which part fitted', () => {
    expect(matchRooms('dops', [room('dev-ops')])[0]?.ranges).toEqual([
      [0, 1],
      [4, 7],
    ])
  })
  test('among equals takes the one with something unread', () => {
    expect(names('team', [room('team-a', 0, 0, 9), room('team-b', 0, 1), room('team-c', 2)])).toEqual([
      'team-b',
      'team-c',
      'team-a',
    ])
  })
  test('is quick with five thousand rooms', () => {
    const many = Array.from({ length: 5000 }, (_, index) => room(`room-number-${index}`))
    matchRooms('rn42', many)
    const begin = performance.now()
    expect(matchRooms('rn42', many).length).toBeGreaterThan(0)
    expect(performance.now() - begin).toBeLessThan(200)
  })
})
