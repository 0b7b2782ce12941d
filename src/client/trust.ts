import { type Result, success } from '../protocol/errors.ts'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import type { Route } from './addresses.ts'
import { BY_AUTHORITY, type KnownServer, type KnownServers } from './knownServers.ts'
import { type ServerAddress, showServer } from './serverAddress.ts'

/** What a server showed in its handshake. */
export interface Presented {
  /** See `fingerprintOf`. */
  readonly fingerprint: string
  /** Why no authority vouches for the certificate under this name; undefined: one does. */
  readonly doubt: Doubt | undefined
}

/** Why a certificate is not accepted by itself. */
export interface Doubt {
  /** `time`: it has expired, or is not valid yet. `issuer`: no known authority made it. `name`: it is for other names. */
  readonly kind: 'time' | 'issuer' | 'name' | 'other'
  /** A part of a sentence. */
  readonly reason: string
}

/** What becomes of a connection whose handshake is done. Nothing was sent so far. */
export type Verdict =
  | { readonly kind: 'trusted' }
  /** The user must act. `accepts`: the user may accept this key here and now. The message has a paragraph a line. */
  | {
      readonly kind: 'refused'
      readonly code: 'key_unknown' | 'key_changed' | 'key_refused'
      readonly message: string
      readonly accepts?: string
    }
  /** It can be right later by itself. */
  | { readonly kind: 'later'; readonly reason: string }

/** Whom to trust at an address; undefined: it is reached in plain text. One address always has the same one. */
export type TrustIn = (route: Route) => Trust | undefined

/** How a {@link Trust} decides. */
export interface TrustOptions extends ServerAddress {
  readonly known: KnownServers
  /** `--fingerprint`: only this key. */
  readonly fingerprint: string | undefined
  /** `--ca`: only certificates of the authorities in this file, whose text `authorities` is. */
  readonly ca: { readonly file: string; readonly authorities: string } | undefined
  /** Other addresses that the user gave for the same server: a key that is known by one of them is the server's. */
  readonly sameServer?: readonly ServerAddress[]
  /** The server told this address. An unknown key there is never asked about, and none is kept. */
  readonly isTold?: boolean
  /** A sentence about a first contact, or about a key that cannot be kept. */
  readonly tell: (kind: 'info' | 'warning', message: string) => void
  /** The clock, ms since 1970. */
  readonly now?: () => number
}

/**
 * Decides whether a client talks to the server that answered. The server's public key is pinned at the first contact;
 * trust only rises from there: from a pinned key to a certificate of an authority, never back.
 */
export class Trust {
  readonly #options: TrustOptions
  readonly #server: string
  /** What this process has learnt, for a file that could not be written. */
  #held: KnownServer | undefined
  /** What was known when the key was judged; another client may have kept something else since. */
  #judgedBy: KnownServer | undefined
  /** A fingerprint that the user accepted. */
  #accepted: string | undefined

  constructor(options: TrustOptions) {
    this.#options = options
    this.#server = showServer(options)
    this.#accepted = options.fingerprint
  }

  /** The authorities that count instead of those of the system. */
  get authorities(): string | undefined {
    return this.#options.ca?.authorities
  }

  /** Takes a key that the user accepts, for the next attempts. */
  accept(fingerprint: string): void {
    this.#accepted = fingerprint
  }

  /**
   * @param hasSecret whether the client would send a secret
   * @param secret what it is, for a sentence
   */
  judge(presented: Presented, hasSecret: boolean, secret = 'your session there'): Verdict {
    const verdict = this.#judge(presented, hasSecret || this.#options.isTold === true, secret)
    if (verdict.kind !== 'refused' || this.#options.isTold !== true) return verdict
    const reason = `the key of ${this.#server}, which the server named, is not one that is known of the server`
    return { kind: 'later', reason }
  }

  #judge(presented: Presented, hasSecret: boolean, secret: string): Verdict {
    const { fingerprint: demanded, ca } = this.#options
    const { fingerprint, doubt } = presented
    const known = this.#find()
    this.#judgedBy = known.ok ? known.value : undefined
    if (demanded !== undefined)
      return fingerprint === demanded ? { kind: 'trusted' } : this.#otherThanDemanded(fingerprint, demanded)
    if (ca !== undefined)
      return doubt === undefined ? { kind: 'trusted' } : this.#notByAuthority(ca.file, doubt)
    if (!known.ok) return { kind: 'refused', code: 'key_refused', message: known.error }
    if (doubt === undefined || fingerprint === this.#accepted || fingerprint === known.value?.key)
      return { kind: 'trusted' }
    if (known.value === undefined && this.#isOfSameServer(fingerprint)) return { kind: 'trusted' }
    // Only where an authority vouched, or nothing is known, can a date be the reason.
    const isPinned = known.value !== undefined && known.value.key !== BY_AUTHORITY
    if (doubt.kind === 'time' && !isPinned) return { kind: 'later', reason: this.#untimely(doubt) }
    if (known.value !== undefined) return this.#changed(known.value, presented, 'Nothing was sent.')
    return hasSecret ? this.#asks(fingerprint, secret) : { kind: 'trusted' }
  }

  /** Whether the key is the pinned one, so that its certificate says nothing more. */
  isPinned(fingerprint: string): boolean {
    const known = this.#find()
    return fingerprint === this.#options.fingerprint || (known.ok && known.value?.key === fingerprint)
  }

  /**
   * The server welcomed the client: keeps its key for the next time.
   * @returns a refusal where another client kept another key meanwhile
   */
  welcomed({ fingerprint, doubt }: Presented): Extract<Verdict, { kind: 'refused' }> | undefined {
    const before = this.#judgedBy
    const { fingerprint: demanded, ca, isTold } = this.#options
    if (isTold === true) return undefined
    // With a flag, later starts without it rely on this key.
    const isVouched = doubt === undefined && demanded === undefined && ca === undefined
    if (before?.key === fingerprint || (isVouched && before?.key === BY_AUTHORITY)) return undefined
    const known: KnownServer = {
      server: this.#server,
      key: isVouched ? BY_AUTHORITY : fingerprint,
      since: new Date((this.#options.now ?? Date.now)()).toISOString().slice(0, 10),
    }
    const kept = this.#options.known.keep(known, before)
    if (kept.ok && kept.value.key !== known.key)
      return this.#changed(kept.value, { fingerprint, doubt }, 'Only your name was sent.')
    this.#held = known
    const isKnown = fingerprint === this.#accepted || this.#isOfSameServer(fingerprint)
    const isNews = before === undefined && !isVouched && !isKnown
    if (isNews) this.#options.tell('info', this.#firstContact(fingerprint))
    if (!kept.ok) this.#options.tell('warning', `${kept.error}; the next start takes it for a new one`)
    return undefined
  }

  /** Whether a key is known by another address of this server. */
  #isOfSameServer(fingerprint: string): boolean {
    const { sameServer = [], known } = this.#options
    const others = sameServer.map(showServer).filter(server => server !== this.#server)
    const read = known.read(this.#server)
    return read.ok && read.value.some(({ server, key }) => key === fingerprint && others.includes(server))
  }

  #find(): Result<KnownServer | undefined, string> {
    const read = this.#options.known.read(this.#server)
    if (!read.ok) return read
    return success(read.value.find(({ server }) => server === this.#server) ?? this.#held)
  }

  #firstContact(fingerprint: string): string {
    return `first time at ${this.#server}; its key, kept from now on, is ${fingerprint}${this.#otherNames(fingerprint)}; to be sure, compare it with what "chatd fingerprint" prints there`
  }

  /** The same server, by its other names. */
  #otherNames(fingerprint: string): string {
    const read = this.#options.known.read(this.#server)
    const others = read.ok
      ? read.value.filter(({ key, server }) => key === fingerprint && server !== this.#server)
      : []
    return others.length === 0 ? '' : ` (known as ${others.map(({ server }) => server).join(', ')})`
  }

  #asks(fingerprint: string, secret: string): Verdict {
    return {
      kind: 'refused',
      code: 'key_unknown',
      accepts: fingerprint,
      message: [
        `The key of ${this.#server} is not known yet, and ${secret} is a secret: nothing was sent.`,
        `Its key: ${fingerprint}${this.#otherNames(fingerprint)}`,
        'Compare it with what "chatd fingerprint" prints on the server.',
      ].join('\n'),
    }
  }

  #changed(
    { key, since }: KnownServer,
    { fingerprint, doubt }: Presented,
    sent: string,
  ): Extract<Verdict, { kind: 'refused' }> {
    const day = since === undefined ? '' : ` since ${since}`
    const before =
      key === BY_AUTHORITY
        ? `Known${day}: a certificate of an authority. Now: ${doubt?.reason ?? 'another key'}.`
        : `Known${day}: ${key}`
    return {
      kind: 'refused',
      code: 'key_changed',
      message: [
        `The key of ${this.#server} has changed. ${sent}`,
        before,
        `Now: ${fingerprint}`,
        'Either its operator changed the key, or an attacker between you and the server poses as it. Ask the operator what "chatd fingerprint" prints there.',
        `If that is the new key: ${this.#commandFor(fingerprint)}`,
      ].join('\n'),
    }
  }

  #otherThanDemanded(fingerprint: string, demanded: string): Verdict {
    return {
      kind: 'refused',
      code: 'key_refused',
      message: [
        `The key of ${this.#server} is not the one of --fingerprint. Nothing was sent.`,
        `Asked for: ${demanded}`,
        `It showed: ${fingerprint}`,
        'Ask its operator what "chatd fingerprint" prints there.',
      ].join('\n'),
    }
  }

  #notByAuthority(file: string, doubt: Doubt): Verdict {
    if (doubt.kind === 'time') return { kind: 'later', reason: this.#untimely(doubt) }
    return {
      kind: 'refused',
      code: 'key_refused',
      message: `The certificate of ${this.#server} is not accepted with the authorities in ${file}: ${doubt.reason}. Nothing was sent.`,
    }
  }

  #untimely({ reason }: Doubt): string {
    return `the certificate of ${this.#server} ${reason}; nothing was sent`
  }

  #commandFor(fingerprint: string): string {
    const { host, port } = this.#options
    const portFlag = port === DEFAULT_PORT ? '' : ` --port ${port}`
    return `chat-tui --host ${host}${portFlag} --fingerprint ${fingerprint}`
  }
}
