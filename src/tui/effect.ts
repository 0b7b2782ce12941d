/** What an update wants done in the world, as plain data. */

/** One deed; carried out by `effects.ts`. */
export type Effect =
  | { readonly type: 'say'; readonly room: string; readonly text: string }
  /** A message to a room or person that need not be open yet. */
  | { readonly type: 'tell'; readonly place: string; readonly text: string }
  | { readonly type: 'join'; readonly place: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'topic'; readonly room: string; readonly topic: string }
  | { readonly type: 'who'; readonly room: string }
  | { readonly type: 'away'; readonly message: string | undefined }
  | { readonly type: 'retry' | 'discard'; readonly id: string }
  | { readonly type: 'markRead'; readonly room: string; readonly seq: number }
  | { readonly type: 'typing'; readonly room: string; readonly on: boolean }
  | { readonly type: 'loadBefore'; readonly room: string }
  | { readonly type: 'fillGap'; readonly room: string; readonly before: number }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'reconnect' }
  | { readonly type: 'suspend' }
  | { readonly type: 'redraw' }
  | { readonly type: 'quit' }
