/** Waits for work, but no longer than this, ms. False where it fails, or is not done by then: it goes on. */
export function inTime(work: Promise<unknown>, within: number): Promise<boolean> {
  return new Promise(resolve => {
    const end = (isDone: boolean): void => {
      clearTimeout(timer)
      resolve(isDone)
    }
    const timer = setTimeout(() => end(false), within)
    work.then(
      () => end(true),
      () => end(false),
    )
  })
}
