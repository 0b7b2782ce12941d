/**
 * Loads the screen; line mode does not pay for it. Ink's layout engine tests for `fetch`, and that test makes Node load
 * its whole HTTP client: more than a tenth of the time to the first frame. This program does not use `fetch`, so it is
 * hidden while the screen loads.
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
