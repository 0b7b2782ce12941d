/** Lets what others have asked for meanwhile have its turn. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
