import { EXIT_USAGE, fail } from './exits.ts'

/** Asks on the terminal; without one, --yes has to confirm. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) fail(EXIT_USAGE, 'this asks first; without a terminal, confirm it with --yes')
  const { createInterface } = await import('node:readline/promises')
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await questions.question(`${question} (yes/no) `)
  questions.close()
  return answer.trim().toLowerCase() === 'yes'
}
