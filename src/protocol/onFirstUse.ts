/**
 * Gives what `make` makes, and makes it when it is first asked for. For what takes long to make and many runs never need:
 * the first `Intl` object of a process takes 20 ms, an expression of several scripts one or two. A program that makes them
 * while its modules load paints its first frame so much later.
 */
export function onFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
