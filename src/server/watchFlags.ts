import type { Command } from 'commander'
import type { CommandMaker } from './accountFlags.ts'

/** Adds the commands that look at a running daemon: `status`, `top`. */
export function addWatchCommands(program: Command, { add, take }: CommandMaker): void {
  add(program, 'status', 'tell whether chatd runs, and how it is; exits 0 where it does, 3 where not')
    .option('--json', 'print one JSON object')
    .action(({ json, data }: { readonly json?: boolean; readonly data?: string }) =>
      take({ task: 'status', json: json === true }, data === undefined ? {} : { data }),
    )
  add(program, 'top', 'show rooms, rates and slow readers of a running chatd, until Q').action(
    ({ data }: { readonly data?: string }) => take({ task: 'top' }, data === undefined ? {} : { data }),
  )
}
