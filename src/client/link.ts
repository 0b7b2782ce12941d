/** Where the connection to the server stands. */
export type LinkState =
  /** Not started, or stopped for good by `close()`. */
  | { readonly status: 'closed' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'online'; readonly since: number }
  /** The line is down; the next attempt starts at `retryAt` (our clock, ms). */
  | {
      readonly status: 'waiting'
      readonly attempt: number
      readonly retryAt: number
      readonly reason: string
    }
  /** The server will not have us until the user does something (another name, another server). */
  | { readonly status: 'refused'; readonly code: string; readonly message: string }
