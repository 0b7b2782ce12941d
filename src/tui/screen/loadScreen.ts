/**
 * Loads the screen, which only full-screen use pays for. Its layout engine looks whether there is a `fetch`, and the
 * answer makes Node load its whole HTTP client: a good tenth of the way to the first frame. Nobody here fetches, so
 * while it loads there is none.
 */
export async function loadScreen(): Promise<typeof import('./screen.tsx')> {
  const fetch = Object.getOwnPropertyDescriptor(globalThis, 'fetch')
  Object.defineProperty(globalThis, 'fetch', { value: undefined, configurable: true, writable: true })
  try {
    return await import('./screen.tsx')
  } finally {
    if (fetch !== undefined) Object.defineProperty(globalThis, 'fetch', fetch)
  }
}
