import { encodeFrame } from '../../protocol/codec.ts'
import { SMALL_ROOM } from '../../protocol/limits.ts'
import { type Committed, type Log, presentEvent, type RoomDirectory } from '../log/log.ts'
import { directNames } from '../log/roomKeys.ts'
import { Line } from '../transport/line.ts'
import { connectionsOf, type People, type Person } from './people.ts'
import { type Member, type Peer, Room } from './room.ts'
import { isChat, isOlder, linesToMembers, plainFrame, type RoomFrame } from './roomLines.ts'
import { ShownNames } from './shownNames.ts'
import { type BusyRoom, Traffic } from './traffic.ts'

/** So many of a person's direct conversations, those used last, hear that the person came, went or is away. */
const DIRECTS_TOLD = 200
/** A room with fewer events a second than this is not among the busy ones. */
const QUIET = 0.01

/** A person in a room: the folded name, the name, and when the person came (ms since 1970). */
export type Present = Pick<Person, 'key' | 'name' | 'since'>

/** The one owner of membership: which connection is in which room. Events reach members only from here. */
export class Rooms {
  readonly traffic = new Traffic()
  readonly #directory: RoomDirectory
  readonly #people: People
  readonly #leftAfter: number
  readonly #rooms = new Map<string, Room>()
  readonly #names = new ShownNames()
  /** Direct conversations that have a member, by each of the two people; the log need not know them. */
  readonly #openDirects = new Map<string, Set<Room>>()

  /** @param leftAfter how long `left` waits for a return, ms */
  constructor(log: Log & RoomDirectory, people: People, leftAfter: number) {
    this.#directory = log
    this.#people = people
    this.#leftAfter = leftAfter
    log.subscribe(events => {
      const now = performance.now()
      // A member gets all events of a commit in one line: the cost is members plus messages, not their product.
      for (const [key, together] of Map.groupBy(events, ({ event }) => event.roomKey))
        this.#hand(key, together, now)
    })
  }

  /** How many rooms and direct conversations have members at this daemon. */
  get inUse(): number {
    let inUse = 0
    for (const { members, elsewhere } of this.#rooms.values())
      if (members.size > 0 || elsewhere.size === 0) inUse++
    return inUse
  }

  /** The room of this key, if it has a member or an event. */
  find(key: string): { readonly name: string; readonly people: number } | undefined {
    const room = this.#rooms.get(key)
    if (room !== undefined) return { name: room.name, people: this.peopleIn(room) }
    const head = this.#directory.head(key)
    return head === undefined ? undefined : { name: head.name, people: this.#presentOfDirect(key).size }
  }

  /** See `RoomDirectory.leadsTo`. */
  leadsTo(nameKey: string): string {
    return this.#rooms.has(nameKey) ? nameKey : this.#directory.leadsTo(nameKey)
  }

  /** What people call a room that has members. */
  titleOf({ key, name }: Room): string {
    return this.#directory.head(key)?.title ?? name
  }

  /** The name of a room that looks like one of this name, and is another one. */
  lookalike(key: string, name: string): string | undefined {
    return this.#names.lookalike(key, name) ?? this.#directory.roomLike(key, name)
  }

  /** The keys of the rooms (no direct conversations) that have members and no event yet. */
  *withoutEvents(): Iterable<string> {
    for (const room of this.#rooms.values())
      if (room.last === 0 && directNames(room.key) === undefined) yield room.key
  }

  /**
   * The name under which a person knows a room: `@` and the other's name for a direct conversation.
   * @param peer a connection of the person, which may have joined by another name
   */
  nameFor(person: Person, key: string, peer?: Peer): string {
    const names = directNames(key)
    if (names === undefined) return peer?.memberships.get(key)?.name ?? this.find(key)?.name ?? key
    const other = names[0] === person.key ? names[1] : names[0]
    return `@${this.#people.spelled(other) ?? other}`
  }

  /** How many people are in a room; of a direct conversation, how many of the two are connected. */
  peopleIn(room: Room): number {
    return directNames(room.key) === undefined ? room.people.size : this.#presentOfDirect(room.key).size
  }

  /**
   * A page of the people in a room, in the order of their folded names; of a direct conversation, those of the two that are
   * connected.
   * @param after the folded name that the page follows; empty: it is the first page
   */
  attendance(
    key: string,
    after: string,
    limit: number,
  ): { readonly people: readonly Present[]; readonly more: boolean } {
    if (directNames(key) !== undefined) {
      const present = [...this.#presentOfDirect(key).values()].filter(person => person.key > after)
      return { people: present.slice(0, limit), more: present.length > limit }
    }
    const room = this.#rooms.get(key)
    if (room === undefined) return { people: [], more: false }
    const { names, more } = room.names.page(after, limit)
    const people = names.flatMap(name => {
      const attendance = room.people.get(name)
      return attendance === undefined ? [] : [{ key: name, name: attendance.name, since: attendance.since }]
    })
    return { people, more }
  }

  /**
   * Puts a connection into a room, made where it does not exist. It is not live yet: see {@link Room.goLive}.
   * @param name what the connection calls it
   * @param since when it came, ms since 1970
   */
  enter(peer: Peer, person: Person, key: string, name: string, since = Date.now()): Member {
    const room = this.#rooms.get(key) ?? this.#make(key, name)
    const called = directNames(key) === undefined ? name : room.name
    const member: Member = { peer, room, name: called, cursor: room.last, index: -1 }
    const members = room.membersBeside(peer)
    const known = members.get(peer)
    members.set(peer, member)
    if (known !== undefined) {
      // A new member for the same connection: a replay that feeds the old one sees that it was replaced.
      room.stopLive(known)
      return member
    }
    if (peer.isBehind) room.behind++
    const attendance = room.people.get(person.key)
    if (attendance !== undefined) attendance.connections++
    else {
      room.people.set(person.key, { name: person.name, since, connections: 1 })
      room.names.add(person.key)
      this.#tellJoined(room, person, peer.holder)
    }
    return member
  }

  /** Takes a connection out of a room. */
  exit(member: Member, person: Person): void {
    const { room, peer } = member
    if (!this.isOpen(room)) return
    room.stopLive(member)
    room.membersBeside(peer).delete(peer)
    if (peer.isBehind) room.behind--
    const attendance = room.people.get(person.key)
    if (attendance !== undefined && --attendance.connections === 0) {
      room.people.delete(person.key)
      room.names.delete(person.key)
      this.#tellLeftLater(room, person, peer.holder)
    }
    this.#endIfEmpty(room)
  }

  /** Sends a frame to every full member, live or not, except one person's. */
  signal(room: Room, frame: RoomFrame, except?: Person): void {
    for (const [peer, line] of linesToMembers(room, frame, except)) peer.send(line)
  }

  /** The full connections that share a room or a direct conversation with a person, each once. Big rooms do not count. */
  neighbours(person: Person, rooms: Iterable<Room>): Set<Peer> {
    const neighbours = new Set<Peer>()
    const add = (peer: Peer): void => {
      if (!peer.isPlain && peer.personKey !== person.key) neighbours.add(peer)
    }
    for (const room of rooms) {
      if (room.people.size <= SMALL_ROOM) for (const peer of room.members.keys()) add(peer)
    }
    for (const room of this.#openDirects.get(person.key) ?? [])
      for (const peer of room.members.keys()) add(peer)
    for (const key of this.#directory.directsOf(person.key, DIRECTS_TOLD)) {
      for (const name of directNames(key) ?? []) {
        for (const peer of this.#people.at(name)?.peers ?? []) add(peer)
      }
    }
    return neighbours
  }

  /** Tells big rooms how many people they have, where that changed; for calling once a second. */
  tellPeople(): void {
    for (const room of this.#rooms.values()) {
      if (!room.peopleChanged) continue
      room.peopleChanged = false
      this.#tell(room, { action: 'people', room: room.name, people: room.people.size })
    }
  }

  /** The rooms where most happens of late, that first; direct conversations are in {@link traffic} alone. */
  busiest(limit: number): BusyRoom[] {
    const now = performance.now()
    const busy: BusyRoom[] = []
    for (const room of this.#rooms.values()) {
      const perSecond = room.rate.perSecond(now)
      if (perSecond < QUIET || directNames(room.key) !== undefined) continue
      busy.push({ name: this.titleOf(room), people: room.people.size, members: room.members.size, perSecond })
    }
    return busy.sort((a, b) => b.perSecond - a.perSecond).slice(0, limit)
  }

  /** Whether a room was not deleted, and has not become empty. */
  isOpen(room: Room): boolean {
    return this.#rooms.get(room.key) === room
  }

  /** The room was deleted: it has no members any more. The caller tells them. */
  end(key: string): void {
    const room = this.#rooms.get(key)
    if (room === undefined) return
    for (const { timer } of room.leaving.values()) clearTimeout(timer)
    for (const member of room.members.values()) room.stopLive(member)
    this.#rooms.delete(key)
    this.#names.remove(room)
  }

  /** Stops all timers. */
  close(): void {
    for (const room of this.#rooms.values())
      for (const { timer } of room.leaving.values()) clearTimeout(timer)
  }

  #make(key: string, name: string): Room {
    const head = this.#directory.head(key)
    const room = new Room(key, head?.name ?? name, head?.last ?? 0)
    this.#rooms.set(key, room)
    if (directNames(key) === undefined) this.#names.add(room)
    for (const person of directNames(key) ?? [])
      this.#openDirects.set(person, (this.#openDirects.get(person) ?? new Set()).add(room))
    return room
  }

  #endIfEmpty(room: Room): void {
    if (room.members.size > 0 || room.elsewhere.size > 0 || room.leaving.size > 0) return
    this.#rooms.delete(room.key)
    this.#names.remove(room)
    for (const person of directNames(room.key) ?? []) {
      const open = this.#openDirects.get(person)
      open?.delete(room)
      if (open?.size === 0) this.#openDirects.delete(person)
    }
  }

  #hand(key: string, committed: readonly Committed[], now: number): void {
    const room = this.#rooms.get(key)
    this.traffic.events += committed.length
    // A room that was opened between a commit and its telling has begun after the event.
    const after = room?.last ?? 0
    const events = committed.filter(({ event }) => event.seq > after)
    const names = directNames(key)
    if (names !== undefined) {
      this.traffic.directs.add(committed.length, now)
      for (const committed of events) this.#handDirect(committed, names, room)
    } else if (room !== undefined) {
      room.rate.add(committed.length, now)
      if (room.full.length > 0) this.#handFull(events, room.full, room.name)
      if (room.plain.length > 0) this.#handPlain(events, room.plain, room.name)
      if (room.byOtherName.length > 0) this.#handByOtherName(events, room)
    }
    if (room !== undefined) room.last = events.at(-1)?.event.seq ?? room.last
  }

  /** Members under each name share one line, as those under the room's own name do. */
  #handByOtherName(events: readonly Committed[], room: Room): void {
    for (const [name, members] of Map.groupBy(room.byOtherName, member => member.name)) {
      const { full = [], plain = [] } = Object.groupBy(members, ({ peer }) =>
        peer.isPlain ? 'plain' : 'full',
      )
      if (full.length > 0) this.#handFull(events, full, name)
      if (plain.length > 0) this.#handPlain(events, plain, name)
    }
  }

  #handFull(events: readonly Committed[], members: readonly Member[], name: string): void {
    const line = new Line(events.map(({ event }) => encodeFrame(presentEvent(event, name))).join(''))
    this.traffic.deliveries += events.length * members.length
    for (const { peer } of members) peer.send(line)
  }

  /** Every plain member but its author gets a message. */
  #handPlain(events: readonly Committed[], members: readonly Member[], name: string): void {
    const encoded: string[] = []
    const authors: (object | undefined)[] = []
    for (const { event, origin } of events) {
      if (!isChat(event)) continue
      encoded.push(encodeFrame(plainFrame(event, name)))
      authors.push(origin)
    }
    if (encoded.length === 0) return
    const all = new Line(encoded.join(''))
    const speaking = new Set(authors)
    this.traffic.deliveries += encoded.length * members.length
    for (const { peer } of members) {
      if (!speaking.has(peer)) peer.send(all)
      else {
        const others = encoded.filter((_, n) => authors[n] !== peer)
        this.traffic.deliveries -= encoded.length - others.length
        if (others.length > 0) peer.send(new Line(others.join('')))
      }
    }
  }

  #handDirect({ event, origin }: Committed, names: readonly [string, string], room: Room | undefined): void {
    for (const name of new Set(names)) {
      const person = this.#people.at(name)
      if (person === undefined || person.peers.size === 0) continue
      const shown = this.nameFor(person, event.roomKey)
      const whole = Line.of(presentEvent(event, shown))
      this.traffic.deliveries += person.peers.size
      const plain = isChat(event) ? Line.of(plainFrame(event, shown)) : undefined
      for (const peer of person.peers) {
        const member = room?.members.get(peer)
        if (peer.isPlain) {
          if (plain !== undefined && member !== undefined && peer !== origin) peer.send(plain)
        } else if (member === undefined || member.index !== -1)
          peer.send(isOlder(event, peer) ? Line.of(presentEvent(event, shown, peer.floor)) : whole)
      }
    }
  }

  /** The people of a direct conversation that are connected, in the order of their folded names. */
  #presentOfDirect(key: string): Map<string, Present> {
    const present = new Map<string, Present>()
    for (const name of directNames(key) ?? []) {
      const person = this.#people.at(name)
      if (person !== undefined && connectionsOf(person) > 0) present.set(name, person)
    }
    return present
  }

  /** Tells of those who came and went: after a restart all come at once, and each line alone would cost every member a write. */
  #tell(room: Room, frame: RoomFrame, except?: Person): void {
    for (const [peer, line] of linesToMembers(room, frame, except)) peer.sendSoon(line)
  }

  #tellJoined(room: Room, person: Person, holder: string): void {
    const returned = room.leaving.get(person.key)
    if (returned !== undefined) {
      clearTimeout(returned.timer)
      room.leaving.delete(person.key)
      if (returned.holder === holder) return
      // Another holder has the name: the members hear that the first one left and that this one came.
      const people = room.people.size - 1
      if (people < SMALL_ROOM)
        this.#tell(room, { action: 'left', room: room.name, from: person.name, people }, person)
    }
    if (directNames(room.key) !== undefined) return
    room.peopleChanged = room.people.size > SMALL_ROOM
    if (room.peopleChanged) return
    this.#tell(
      room,
      {
        action: 'joined',
        room: room.name,
        from: person.name,
        people: room.people.size,
        ...(person.away === undefined ? {} : { away: person.away }),
      },
      person,
    )
  }

  #tellLeftLater(room: Room, person: Person, holder: string): void {
    // Nobody hears of it in an empty room, which ends at once.
    if (directNames(room.key) !== undefined || room.members.size === 0) return
    // Before this person left, the room had one more: the last of a big room is told as a number too.
    if (room.people.size >= SMALL_ROOM) {
      room.peopleChanged = true
      return
    }
    const timer = setTimeout(() => {
      room.leaving.delete(person.key)
      // It may have become big meanwhile.
      room.peopleChanged ||= room.people.size > SMALL_ROOM
      if (room.people.size <= SMALL_ROOM)
        this.#tell(room, { action: 'left', room: room.name, from: person.name, people: room.people.size })
      this.#endIfEmpty(room)
    }, this.#leftAfter)
    room.leaving.set(person.key, { timer, holder })
  }
}
