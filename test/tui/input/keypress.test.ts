import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createKeyDecoder,
  ESCAPE_WAIT,
  type InputEvent,
  MAX_PASTE_BYTES,
  PASTE_SETTLE,
  PASTE_WAIT,
  REMOTE_ESCAPE_WAIT,
} from '../../../src/tui/input/keypress.ts'

/** An event as a short word: `ctrl+a`, `'x'` for typed text, `paste(…)`, `focus`. */
function word(event: InputEvent): string {
  if (event.type === 'paste') return `paste(${event.text})${event.truncated ? '…' : ''}`
  if (event.type === 'focus') return event.focused ? 'focus' : 'blur'
  const { name, ctrl, alt, shift, text } = event.key
  if (text !== undefined) return `'${text}'`
  return `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}`
}

/** What the bytes come to, with the timer run out at their end. */
function decode(...chunks: (string | Uint8Array)[]): string {
  const decoder = createKeyDecoder()
  const events = chunks.flatMap(chunk => decoder.push(chunk))
  return [...events, ...decoder.flush()].map(word).join(' ')
}

describe('typing', () => {
  test.each([
    ['a chunk of letters and Enter', 'abc\r', "'a' 'b' 'c' enter"],
    ['capitals', 'aB', "'a' 'B'"],
    ['other scripts, by code point', 'é你👩', "'é' '你' '👩'"],
    ['space, Tab, Backspace', ' \t\x7f\x08', "' ' tab backspace backspace"],
    ['Ctrl and a letter', '\x01\x0a\x1a\x1f\0', 'ctrl+a ctrl+j ctrl+z ctrl+_ ctrl+space'],
    ['Alt and a character', '\x1ba\x1bA\x1b1\x1bé', 'alt+a alt+shift+a alt+1 alt+é'],
    ['Alt and a named key', '\x1b\r\x1b\x7f\x1b\t', 'alt+enter alt+backspace alt+tab'],
    ['Escape', '\x1b', 'escape'],
    ['Escape twice', '\x1b\x1b', 'escape escape'],
    ['Alt and the signs that begin sequences', '\x1b[', 'alt+['],
    ['Alt+Shift+O', '\x1bO', 'alt+shift+o'],
    ['Alt+] and Escape behind it', '\x1b]\x1b', 'alt+] escape'],
    ['Alt+_', '\x1b_', 'alt+_'],
    ['broken UTF-8 is nothing', Buffer.from([0x61, 0xff, 0xc3, 0x62, 0xe4, 0xbd]), "'a' 'b'"],
  ])('%s', (_what, bytes, events) => {
    expect(decode(bytes)).toBe(events)
  })
  test('a key has its name, and the text that it inserts', () => {
    expect(createKeyDecoder().push('A')).toEqual([
      { type: 'key', key: { name: 'a', ctrl: false, alt: false, shift: true, text: 'A' } },
    ])
    expect(createKeyDecoder().push('\x1bb')).toEqual([
      { type: 'key', key: { name: 'b', ctrl: false, alt: true, shift: false } },
    ])
  })
})

describe('named keys of every terminal', () => {
  test.each([
    ['xterm arrows', '\x1b[A\x1b[B\x1b[C\x1b[D', 'up down right left'],
    ['application arrows', '\x1bOA\x1bOB\x1bOC\x1bOD', 'up down right left'],
    [
      'with modifiers',
      '\x1b[1;2A\x1b[1;3B\x1b[1;5C\x1b[1;6D',
      'shift+up alt+down ctrl+right ctrl+shift+left',
    ],
    ['Alt by a second ESC', '\x1b\x1b[A\x1b\x1bOB\x1b\x1b[3~', 'alt+up alt+down alt+delete'],
    ['rxvt arrows', '\x1b[a\x1bOa\x1bOd', 'shift+up ctrl+up ctrl+left'],
    [
      'rxvt modifiers',
      '\x1b[3$\x1b[3^\x1b[5@\x1b[7~\x1b[8~',
      'shift+delete ctrl+delete ctrl+shift+pageup home end',
    ],
    ['Home and End', '\x1b[H\x1b[F\x1bOH\x1bOF\x1b[1~\x1b[4~', 'home end home end home end'],
    ['Alt+Home, Alt+End', '\x1b[1;3H\x1b[1;3F', 'alt+home alt+end'],
    ['editing keys', '\x1b[2~\x1b[3~\x1b[5~\x1b[6~\x1b[3;5~', 'insert delete pageup pagedown ctrl+delete'],
    ['F1 to F4', '\x1bOP\x1bOQ\x1bOR\x1bOS\x1b[P\x1b[11~\x1b[14~', 'f1 f2 f3 f4 f1 f1 f4'],
    ['F5 to F12', '\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~', 'f5 f6 f10 f11 f12'],
    ['modified F keys', '\x1b[1;5P\x1b[1;2R\x1b[15;3~\x1bO5P', 'ctrl+f1 shift+f3 alt+f5 ctrl+f1'],
    ['the console', '\x1b[[A\x1b[[E', 'f1 f5'],
    ['Shift+Tab', '\x1b[Z', 'shift+tab'],
    ['the keypad', '\x1bOj\x1bOk\x1bOp\x1bOy\x1bOM', "'*' '+' '0' '9' enter"],
    ['focus', '\x1b[I\x1b[O', 'focus blur'],
  ])('%s', (_what, bytes, events) => {
    expect(decode(bytes)).toBe(events)
  })
})

describe('terminals that tell more', () => {
  test.each([
    ['Shift+Enter, both ways', '\x1b[13;2u\x1b[27;2;13~', 'shift+enter shift+enter'],
    ['Ctrl and a letter', '\x1b[97;5u\x1b[107;5u\x1b[27;5;97~', 'ctrl+a ctrl+k ctrl+a'],
    ['Ctrl+Backspace', '\x1b[127;5u', 'ctrl+backspace'],
    ['Escape', '\x1b[27u\x1b[27;3u', 'escape escape'],
    ['press, repeat and release', '\x1b[97;5:1u\x1b[97;5:2u\x1b[97;5:3u\x1b[1;1:3A', 'ctrl+a ctrl+a'],
    ['a letter, shifted', '\x1b[97u\x1b[97;2u\x1b[97:65;2u', "'a' 'A' 'A'"],
    ['text of its own', '\x1b[97;;228u', "'ä'"],
    ['the Latin key of a Cyrillic one', '\x1b[1090::110;5u', 'ctrl+n'],
    ['Ctrl+_ in its three forms', '\x1b[45:95;6u\x1b[45;6u\x1b[27;6;95~', 'ctrl+_ ctrl+shift+- ctrl+_'],
    ['Alt+Shift and a letter', '\x1b[97;4u', 'alt+shift+a'],
    ['locks are no modifiers', '\x1b[97;133u', 'ctrl+a'],
    ['keypad', '\x1b[57400u\x1b[57414u\x1b[57419u\x1b[57413u', "'1' enter up '+'"],
    ['modifiers, media keys and Super mean nothing', '\x1b[57441;2u\x1b[57428u\x1b[97;9u', ''],
  ])('%s', (_what, bytes, events) => {
    expect(decode(bytes)).toBe(events)
  })
})

test.each([
  ['SGR mouse', '\x1b[<0;10;20M\x1b[<0;10;20m'],
  ['X10 mouse', '\x1b[M !!'],
  ['X10 mouse beyond ASCII', Buffer.from([0x1b, 0x5b, 0x4d, 0x20, 0xc3, 0xa9])],
  ['urxvt mouse', '\x1b[32;10;20M'],
  ['device attributes', '\x1b[?62;22c\x1b[>0;276;0c'],
  ['cursor position', '\x1b[12;40R\x1b[1;1R\x1b[1;80R'],
  ['mode reports', '\x1b[?2026;2$y\x1b[4;1$y'],
  ['kitty flags', '\x1b[?1u'],
  ['background colour', '\x1b]11;rgb:0000/0000/0000\x07\x1b]11;rgb:0000/0000/0000\x1b\\'],
  ['terminfo and version', '\x1bP1+r544e=78\x1b\\\x1bP>|xterm(380)\x1b\\'],
  ['kitty graphics', '\x1b_Gi=1;OK\x1b\\'],
  ['window size', '\x1b[8;24;80t\x1b[48;24;80;0;0t'],
  ['status', '\x1b[0n'],
])('%s is no typed text', (_what, bytes) => {
  expect(decode(bytes, 'x')).toBe("'x'")
})

describe('a paste', () => {
  test('comes whole, with newlines, and sends nothing', () => {
    expect(decode('\x1b[200~one\rtwo\r\nthree\nfour\x1b[201~x')).toBe("paste(one\ntwo\nthree\nfour) 'x'")
  })
  test('keeps escape sequences as text', () => {
    expect(decode('\x1b[200~a\x1b[Ab\x1b[200~c\x1b[20\x1b[201~')).toBe('paste(a\x1b[Ab\x1b[200~c\x1b[20)')
  })
  test('without an end is delivered when the time is over, and the keyboard lives on', () => {
    const decoder = createKeyDecoder()
    expect(decoder.push('\x1b[200~lost\x1b[20')).toEqual([])
    expect(decoder.wait).toBe(PASTE_WAIT)
    expect(decoder.flush().map(word)).toEqual(['paste(lost\x1b[20)'])
    expect(decoder.wait).toBeUndefined()
    expect(decoder.push('a').map(word)).toEqual(["'a'"])
  })
  test('cannot break out by an end mark in it, however it comes in pieces', () => {
    const hostile = '\x1b[200~x\x1b[201~/quit\r\x1b[200~\x03\x1b[201~y\x1b[201~'
    expect(decode(hostile)).toBe('paste(x/quit\n\x1b[200~\x03y)')
    expect(decode(...hostile.split(/(?<=[~\r])/))).toBe(decode(hostile))
  })
  test('is over when nothing more comes at once; then keys are keys again', () => {
    const decoder = createKeyDecoder()
    expect(decoder.push('\x1b[200~x\x1b[201~')).toEqual([])
    expect(decoder.wait).toBe(PASTE_SETTLE)
    expect(decoder.flush().map(word)).toEqual(['paste(x)'])
    expect(decoder.push('\r').map(word)).toEqual(['enter'])
  })
  test('beyond the limit is cut between characters, and says so', () => {
    const decoder = createKeyDecoder()
    decoder.push('\x1b[200~x')
    for (let sent = 0; sent < MAX_PASTE_BYTES; sent += 60_000) decoder.push('ä'.repeat(30_000))
    decoder.push('\x1b[201~')
    const [event] = decoder.flush()
    if (event?.type !== 'paste') throw new Error('no paste')
    expect(event.truncated).toBe(true)
    expect(event.text).toBe(`x${'ä'.repeat((MAX_PASTE_BYTES - 2) / 2)}`)
  })
})

describe('time', () => {
  test('only what may be the Escape key waits briefly; what is cut in the middle longer', () => {
    const decoder = createKeyDecoder()
    expect(decoder.wait).toBeUndefined()
    decoder.push('\x1b')
    expect(decoder.wait).toBe(ESCAPE_WAIT)
    decoder.push('[1;')
    expect(decoder.wait).toBeGreaterThan(ESCAPE_WAIT)
    expect(decoder.push('5A').map(word)).toEqual(['ctrl+up'])
    expect(decoder.wait).toBeUndefined()
  })
  test.each([
    ['a reply', '\x1b]11;rgb', "alt+] '1' '1' ';' 'r' 'g' 'b'"],
    ['words behind Alt+]', '\x1b]nice', "alt+] 'n' 'i' 'c' 'e'"],
    ['words behind Alt+Shift+P', '\x1bPool', "alt+shift+p 'o' 'o' 'l'"],
    ['words behind Alt+_', '\x1b_x', "alt+_ 'x'"],
    ['a reply that Ctrl+C breaks', '\x1b]11;rgb\x03', "alt+] '1' '1' ';' 'r' 'g' 'b' ctrl+c"],
    ['a longer text than any reply', `\x1b]0;${'x'.repeat(70_000)}\x07`, undefined],
  ])('without an end nothing of %s is swallowed', (_, bytes, events) => {
    const typed = decode(bytes)
    if (events === undefined) expect(typed.match(/'x'/g)).toHaveLength(70_000)
    else expect(typed).toBe(events)
  })
  test('Ctrl+C gets through a sequence that is not complete', () => {
    expect(decode('\x1b[1;\x03')).toBe('ctrl+c')
  })

  /** Chunks with the timer run out between them. */
  const late = (...chunks: string[]): string => {
    const decoder = createKeyDecoder()
    return chunks
      .flatMap(chunk => [...decoder.push(chunk), ...(decoder.wait === undefined ? [] : decoder.flush())])
      .map(word)
      .join(' ')
  }
  test.each([
    ['an arrow behind its ESC', ['\x1b', '[A'], 'escape up'],
    ['a function key', ['\x1b', 'OP'], 'escape f1'],
    ['parameters', ['\x1b[1;', '5C'], 'ctrl+right'],
    ['an answer of the terminal', ['\x1b', '[?62;22c'], 'escape'],
    ['its end', ['\x1b[?62;22', 'c'], ''],
    ['the beginning of a paste', ['\x1b', '[200~text\x1b[201~'], 'escape paste(text)'],
  ])('%s is not typed where it comes late', (_, chunks, events) => {
    expect(late(...chunks)).toBe(events)
  })
  test.each([
    ['a bracket', ['\x1b', '[', 'x'], "escape '[' 'x'"],
    ['a bracket and a letter that is no key', ['\x1b', '[x]'], "escape '[' 'x' ']'"],
    ['a capital O', ['\x1b', 'O', 'k'], "escape 'O' 'k'"],
    ['words', ['\x1b', 'hello'], "escape 'h' 'e' 'l' 'l' 'o'"],
    ['a letter behind half a sequence', ['\x1b[1;', 'h'], "'h'"],
    ['letters after two Escapes', ['\x1b\x1b', 'ab'], "escape escape 'a' 'b'"],
  ])('%s is typed after an Escape', (_, chunks, events) => {
    expect(late(...chunks)).toBe(events)
  })
  test('the rest of a sequence is awaited for a while only, and over a network longer', () => {
    const decoder = createKeyDecoder()
    decoder.push('\x1b')
    decoder.flush()
    expect(decoder.wait).toBeGreaterThan(ESCAPE_WAIT)
    decoder.flush()
    expect(decoder.wait).toBeUndefined()
    expect(decoder.push('[A').map(word)).toEqual(["'['", "'A'"])
    const remote = createKeyDecoder(true)
    remote.push('\x1b')
    expect(remote.wait).toBe(REMOTE_ESCAPE_WAIT)
    remote.push('[')
    expect(remote.wait).toBeGreaterThan(200)
    expect(remote.push('1;5C').map(word)).toEqual(['ctrl+right'])
  })
})

/** Every key that terminals send without the protocol, and how kitty's reports it (flags 1 and 4). */
const LAYOUT = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./"
const SHIFTED = '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'
const CYRILLIC = 'ё1234567890-=йцукенгшщзхъ\\фывапролджэячсмитьбю.'
const code = (char: string): number => char.charCodeAt(0)
/** The bytes of Ctrl with a character, as xterm and kitty send them; undefined: the character itself. */
function controlOf(char: string): string | undefined {
  if (/[a-z]/i.test(char)) return String.fromCharCode(code(char.toLowerCase()) - 96)
  const found = {
    '2': 0,
    '@': 0,
    '3': 27,
    '[': 27,
    '4': 28,
    '\\': 28,
    '5': 29,
    ']': 29,
    '6': 30,
    '^': 30,
    '~': 30,
  }
  const more = { '7': 31, '/': 31, _: 31, '8': 127, '?': 127 }
  const byte = { ...found, ...more }[char]
  return byte === undefined ? undefined : String.fromCharCode(byte)
}

describe('every key means with the protocol what it means without', () => {
  const keys = [...LAYOUT].map((char, at) => [char, SHIFTED.charAt(at), CYRILLIC.charAt(at)] as const)

  test.each(keys)('Alt+%s, also shifted, also on a Cyrillic layout', (char, shifted, cyrillic) => {
    const plain = /[[\]]/.test(char) ? `alt+${char}` : decode(`\x1b${char}`)
    expect(decode(`\x1b[${code(char)};3u`)).toBe(plain)
    expect(decode(`\x1b[${code(char)}:${code(shifted)};4u`)).toBe(decode(`\x1b${shifted}`))
    if (code(cyrillic) < 0x80) return
    expect(decode(`\x1b[${code(cyrillic)}::${code(char)};3u`)).toBe(plain)
    expect(decode(`\x1b[${code(cyrillic)};3u`, `\x1b${cyrillic}`)).toBe(
      char === '`' ? 'alt+ё alt+ё' : `${plain} ${plain}`,
    )
  })

  test.each(keys)(
    'Ctrl+%s, also shifted, also with Alt, also on a Cyrillic layout',
    (char, shifted, cyrillic) => {
      for (const [typed, report] of [
        [char, `${code(char)};5u`],
        [shifted, `${code(char)}:${code(shifted)};6u`],
      ] as const) {
        const control = controlOf(typed)
        if (control === undefined) continue
        expect([typed, decode(`\x1b[${report}`)]).toEqual([typed, decode(control)])
      }
      const control = controlOf(char)
      if (control === undefined) return
      if (control !== '\x1b') expect(decode(`\x1b[${code(char)};7u`)).toBe(decode(`\x1b${control}`))
      if (code(cyrillic) < 0x80) return
      expect(decode(`\x1b[${code(cyrillic)}::${code(char)};5u`)).toBe(decode(control))
      expect(decode(`\x1b[${code(cyrillic)};5u`)).toBe(decode(control))
      // Caps Lock and Num Lock change nothing.
      expect(decode(`\x1b[${code(cyrillic)}::${code(char)};197u`)).toBe(decode(control))
    },
  )

  test.each([
    ['Enter', '\r', 13],
    ['Tab', '\t', 9],
    ['Backspace', '\x7f', 127],
    ['Escape', '\x1b', 27],
  ])('%s with modifiers that terminals do not tell apart', (_, bytes, number) => {
    expect(decode(`\x1b[${number}u`)).toBe(decode(bytes))
    if (number !== 127) expect(decode(`\x1b[${number};5u`)).toBe(decode(bytes))
    if (number !== 27) expect(decode(`\x1b[${number};3u`)).toBe(decode(`\x1b${bytes}`))
    if (number !== 27) expect(decode(`\x1b[${number};7u`)).toBe(decode(`\x1b${bytes}`))
  })

  test('Shift+Tab, Ctrl+Space and the keys of the keypad and beyond F12', () => {
    expect(decode('\x1b[9;2u')).toBe(decode('\x1b[Z'))
    expect(decode('\x1b[32;5u')).toBe(decode('\0'))
    expect(decode('\x1b[57414u\x1b[57414;5u')).toBe('enter enter')
    expect(decode('\x1b[57376u\x1b[57383u')).toBe('f13 f20')
  })

  test('Greek and Hebrew letters too', () => {
    expect(decode('\x1b[957;5u\x1b[1502;5u')).toBe('ctrl+n ctrl+n')
  })
})

test('a sequence without an end is dropped, and what follows is heard', () => {
  expect(decode(`\x1b[${'1;'.repeat(100_000)}Ax`)).toBe("'x'")
})

describe('for any bytes', () => {
  const PIECES = [
    'a',
    'É',
    '你',
    '👩🏽‍🚀',
    '\r',
    '\x7f',
    '\x1b[A',
    '\x1b[1;5C',
    '\x1bOP',
    '\x1b\x1b[B',
    '\x1b[200~pa\x1b[Aste\r\x1b[201~',
    '\x1b[13;2u',
    '\x1b[<0;1;2M',
    '\x1b[M !!',
    '\x1b]11;rgb:0/0/0\x1b\\',
    '\x1bP>|x\x1b\\',
    '\x1b[I',
    '\x1b[?1u',
    '\x1ba',
    '\x1b[[A',
    '\x1b[3$',
    '\x01',
    '\x1b[',
    '\x1b',
    '\x1bO',
    '\x1b]',
    '\x1b[200~',
    '\x1b[201~',
    '\x1b[1;',
    '\x07',
    '~',
  ] as const
  const stream = fc
    .array(
      fc.oneof(
        fc.constantFrom(...PIECES).map(piece => Buffer.from(piece)),
        fc.uint8Array({ maxLength: 4 }),
      ),
      { maxLength: 25 },
    )
    .map(parts => Buffer.concat(parts))

  test('the events are the same however the stream is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 20 }), (bytes, cuts) => {
        const places = [
          0,
          ...cuts.map(cut => Math.min(cut, bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ]
        const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
        const whole = decode(bytes)
        expect(decode(...chunks)).toBe(whole)
        expect(decode(...Array.from(bytes, byte => Uint8Array.of(byte)))).toBe(whole)
      }),
      { numRuns: 1000 },
    )
  })
  test('nothing typed ever holds a control character', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const decoder = createKeyDecoder()
        for (const event of [...decoder.push(bytes), ...decoder.flush()]) {
          if (event.type === 'key') expect(event.key.text ?? '').not.toMatch(/[\0-\x1f\x7f-\x9f]/)
        }
      }),
    )
  })
})
