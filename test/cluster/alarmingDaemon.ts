import { KillableDaemon } from '../crash/daemon.ts'

/** A daemon whose sentences to its operator about storing are kept. */
export class AlarmingDaemon extends KillableDaemon {
  readonly alarms: string[] = []

  protected override noteLine(line: string): void {
    const trouble = /"trouble":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
    if (trouble !== undefined) this.alarms.push(trouble)
  }
}
