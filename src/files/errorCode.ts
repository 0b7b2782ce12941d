/** The code of an error, such as `ENOENT`; undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** Why something failed, for brackets in a sentence: the code of the error or, without one, the error itself. */
export function errorReason(error: unknown): string {
  return errorCode(error) ?? String(error)
}
