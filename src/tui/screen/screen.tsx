/** The full screen: connects state, view and terminal, and disconnects them in every case. */

import { constants } from 'node:os'
import { render, useApp } from 'ink'
import { type ReactNode, useEffect, useSyncExternalStore } from 'react'
import type { ChatClient } from '../../client/client.ts'
import type { Composed } from '../../client/drafts.ts'
import type { KeyRing } from '../../client/keyRing.ts'
import { failure, type Result } from '../../protocol/errors.ts'
import type { Reports } from '../hosting/reports.ts'
import type { InputEvent } from '../input/keypress.ts'
import { createClock } from '../model/clock.ts'
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts'
import { initialState, type Size } from '../model/state.ts'
import { showBare } from '../terminal/bare.ts'
import { callSequences } from '../terminal/callText.ts'
import { copyText } from '../terminal/clipboard.ts'
import { editText } from '../terminal/editText.ts'
import { straighten } from '../terminal/straighten.ts'
import { suspendProcess } from '../terminal/suspend.ts'
import { createTerminal, type Keyboard } from '../terminal/terminal.ts'
import { drawAmbiguousWide } from '../text/ambiguous.ts'
import { type CleanText, clean } from '../text/clean.ts'
import type { Colors } from '../text/hues.ts'
import { Screen } from '../view/Screen.tsx'
import { keepHeapSmall } from './heap.ts'
import { Store } from './store.ts'
import { watchZone } from './zone.ts'

/** What a screen works with. */
export interface ScreenOptions {
  /** Started and closed by the caller; it may be connecting already. */
  readonly client: ChatClient
  readonly stdin: Keyboard
  readonly stdout: NodeJS.WriteStream
  /** The SSH keys of the user; by default those of the agent and the usual files. */
  readonly keyRing?: KeyRing | undefined
  /** Remarks of the program while the screen is shown, such as that it started a daemon. */
  readonly reports?: Reports | undefined
  /** The room to begin with, by name; by default the first one. */
  readonly current?: string | undefined
  /** Called with the names of the rooms, in their order, and the current one, at the start and when they change. */
  readonly onRoomsChanged?: ((rooms: readonly string[], current: string | undefined) => void) | undefined
  /** Drafts and sent texts of the last start, by the key of the room. */
  readonly composed?: ReadonlyMap<string, Composed> | undefined
  /** Called when the draft or the sent texts of a room changed. */
  readonly onComposed?: ((room: string, composed: Composed) => void) | undefined
  /** What the user has set on this machine. */
  readonly settings?: Settings | undefined
  /** Called with the name and the value of a setting that the user changed. */
  readonly onSetting?: ((name: string, written: string) => void) | undefined
  /** How many colours the terminal has; 0 also if the user wants none (NO_COLOR). */
  readonly colors: Colors
  /** Whether a network lies between the terminal and this program (SSH). */
  readonly isRemote?: boolean | undefined
  /** The clock, ms since 1970. */
  readonly now?: (() => number) | undefined
  /** IANA name; by default that of the system. */
  readonly timeZone?: string | undefined
}

/** Signals that end a program by default and can be caught: the terminal is restored for each of them. */
const ENDING_SIGNALS = [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM'] as const),
  ...(['SIGXCPU', 'SIGXFSZ', 'SIGPOLL', 'SIGPWR', 'SIGSTKFLT', 'SIGTRAP', 'SIGSYS'] as const),
  // Two names of one signal: Node tells both.
  ...(['SIGIO', 'SIGUNUSED', 'SIGABRT', 'SIGIOT'] as const),
] as const
const HANG_UP = exitCodeOf('SIGHUP')
/** Enters the alternate screen, which another program may have left. */
const ALTERNATE_SCREEN = '\x1b[?1049h'

/**
 * Shows the screen until the user quits, the terminal closes or a signal comes. Resolves with the exit code: 0, or 128
 * plus the signal's number. Rejects if the view fails. The terminal is restored in every case.
 */
export async function runScreen(options: ScreenOptions): Promise<number> {
  const {
    client,
    stdin,
    stdout,
    now = Date.now,
    onRoomsChanged = () => undefined,
    onComposed = () => undefined,
    keyRing,
  } = options
  let finish: (code: number) => void = () => undefined
  const finished = new Promise<number>(resolve => {
    finish = resolve
  })
  const handles: Handles = { suspend: undefined }

  /** Set while the bare view is shown, which ends with the next key. */
  let onBareKey: (() => void) | undefined
  const onInput = (events: readonly InputEvent[]): void => {
    if (isOver) return
    if (onBareKey === undefined) return store.dispatchAll(events)
    store.dispatchAll(events.filter(({ type }) => type === 'focus'))
    if (events.some(({ type }) => type !== 'focus')) onBareKey()
  }
  const terminal = createTerminal(stdin, stdout, onInput, {
    isRemote: options.isRemote ?? false,
    onWide() {
      drawAmbiguousWide(true)
      store.measureAgain()
      redraw()
    },
  })

  const { colors, settings = DEFAULT_SETTINGS } = options
  const first = initialState(sizeOf(stdout), now(), options.current, options.composed, { colors, settings })
  const store: Store = new Store(first, {
    client,
    clock: createClock(options.timeZone),
    now,
    onRoomsChanged,
    onComposed,
    actions: {
      quit: () => finish(0),
      suspend: () => onStop(),
      redraw,
      copy: text => copyText(text, stdout),
      call: call => void stdout.write(callSequences(call, process.env)),
      title: title => terminal.setTitle(title),
      keepSetting: (name, written) => options.onSetting?.(name, written),
      editText: edit,
      bare: (lines, isWhole) => void bare(lines, isWhole),
      ...(keyRing === undefined ? {} : { keyRing }),
    },
  })

  let isAway = false
  let isEditing = false
  async function suspend(): Promise<void> {
    // Two Ctrl+Z can come in one chunk.
    if (isAway) return
    if (onBareKey !== undefined) return onBareKey()
    isAway = true
    terminal.release()
    process.off('SIGTSTP', onStop)
    await handles.suspend?.(suspendProcess)
    // A signal that came meanwhile (`kill %1` of a shell) has ended the screen.
    if (isOver) return
    process.on('SIGTSTP', onStop)
    terminal.take()
    isAway = false
    resized()
  }

  /** Clears the terminal, so that the next frame is drawn whole: its present content is unknown. */
  function redraw(): void {
    ink.clear()
    stdout.write(CLEAR)
  }

  /** Leaves the terminal to the editor of the user. */
  async function edit(text: string): Promise<Result<string, CleanText>> {
    let edited: Result<string, CleanText> = failure(clean`the screen is busy; try again`)
    if (isAway || onBareKey !== undefined) return edited
    isAway = true
    isEditing = true
    terminal.release()
    await elsewhere(async () => {
      edited = await editText(text)
    })
    isAway = false
    isEditing = false
    if (!isOver) {
      terminal.take()
      resized()
    }
    return edited
  }

  /** Leaves the screen for lines without columns, until a key. */
  async function bare(lines: readonly CleanText[], isWhole: boolean): Promise<void> {
    if (isAway || onBareKey !== undefined) return
    const key = Promise.withResolvers<void>()
    onBareKey = key.resolve
    await elsewhere(() => showBare(stdout, lines, isWhole, key.promise))
    onBareKey = undefined
    if (!isOver) resized()
  }

  /** Nothing is drawn meanwhile, and nothing counts as read. */
  async function elsewhere(run: () => Promise<void>): Promise<void> {
    store.dispatch({ type: 'elsewhere', on: true })
    try {
      await handles.suspend?.(run)
    } finally {
      if (!isOver) store.dispatch({ type: 'elsewhere', on: false })
    }
  }

  function resized(): void {
    redraw()
    store.dispatch({ type: 'resize', size: sizeOf(stdout) })
  }

  /** The editor of the user has the terminal; the bare view ends. */
  function onResize(): void {
    if (isAway) return
    if (onBareKey !== undefined) onBareKey()
    else resized()
  }

  let isOver = false
  // An editor that is suspended stops all programs of the terminal.
  const onStop = (): void => (isEditing ? void process.kill(process.pid, 'SIGSTOP') : void suspend())
  const onGone = (): void => finish(HANG_UP)
  // The terminal is restored at once: for some of these signals Ink's own handler ends the process right after ours.
  const onSignal = (signal: NodeJS.Signals): void => {
    // Ctrl+C in an editor is meant for the editor.
    if (isEditing && signal === 'SIGINT') return
    terminal.release()
    finish(exitCodeOf(signal))
  }
  const signals = ENDING_SIGNALS.flatMap(signal =>
    constants.signals[signal] === undefined ? [] : [[signal, () => onSignal(signal)] as const],
  )
  /** After `kill -STOP` and `fg` the shell has changed the terminal, without our knowing before. */
  const onContinue = (): void => {
    if (isAway || isOver) return
    terminal.retake()
    stdout.write(ALTERNATE_SCREEN)
    resized()
  }
  const endWatch =
    options.timeZone === undefined ? watchZone(() => store.setClock(createClock())) : () => undefined
  for (const [signal, handler] of signals) process.on(signal, handler)
  process.on('SIGTSTP', onStop)
  process.on('SIGCONT', onContinue)
  stdout.on('resize', onResize)
  stdout.on('error', onGone)
  stdin.on('end', onGone)
  stdin.on('error', onGone)

  const endKeeping = keepHeapSmall()
  terminal.take()
  const ink = render(<App store={store} colors={options.colors} handles={handles} />, {
    stdout: inkOutput(stdout, () => store.state.size),
    stdin: stdin as NodeJS.ReadStream,
    alternateScreen: true,
    incrementalRendering: true,
    // Keys are painted at once; the store gathers arrivals.
    maxFps: 1000,
    patchConsole: false,
    exitOnCtrlC: false,
    // Ink would paint nothing in an environment with a variable CI.
    interactive: true,
  })
  options.reports?.listen(({ kind, message }) => {
    if (kind === 'warning') return store.dispatch({ type: 'warning', line: message })
    const tone = kind === 'trouble' ? 'error' : 'info'
    store.dispatch({ type: 'remark', room: undefined, tone, lines: [message] })
  })

  try {
    // Ink ends by itself only if the view failed.
    return await Promise.race([finished, ink.waitUntilExit().then(() => 0)])
  } finally {
    isOver = true
    store.close()
    endWatch()
    endKeeping()
    process.off('SIGTSTP', onStop)
    process.off('SIGCONT', onContinue)
    stdout.off('resize', onResize)
    stdin.off('end', onGone)
    stdin.off('error', onGone)
    await terminal.settled()
    terminal.release()
    for (const [signal, handler] of signals) process.off(signal, handler)
    ink.unmount()
    await ink.waitUntilExit().catch(() => undefined)
    stdout.off('error', onGone)
  }
}

/** The exit code of a program that a signal ended, as shells have it. */
function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0)
}

const CLEAR = '\x1b[2J\x1b[H'

/**
 * The output for Ink: it has the size of the current frame, straightens columns, and hides resize events, at which Ink
 * would draw the frame of the old size once more.
 */
function inkOutput(stdout: NodeJS.WriteStream, size: () => Size): NodeJS.WriteStream {
  const face: NodeJS.WriteStream = new Proxy(stdout, {
    get(target, name) {
      if (name === 'columns' || name === 'rows') return size()[name]
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name === 'write')
        return (output: string, ...rest: unknown[]) => value.call(target, straighten(output), ...rest)
      if (name !== 'on' && name !== 'off') return value.bind(target)
      return (event: string, listener: () => void) => {
        if (event !== 'resize') value.call(target, event, listener)
        return face
      }
    },
  })
  return face
}

type Handles = { suspend: ReturnType<typeof useApp>['suspendTerminal'] | undefined }

type AppProps = { readonly store: Store; readonly colors: Colors; readonly handles: Handles }

function App({ store, colors, handles }: AppProps): ReactNode {
  const { suspendTerminal } = useApp()
  useEffect(() => {
    handles.suspend = suspendTerminal
  }, [handles, suspendTerminal])
  const { frame, size } = useSyncExternalStore(store.subscribe, store.snapshot)
  return <Screen frame={frame} size={size} colors={colors} />
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 }
}
