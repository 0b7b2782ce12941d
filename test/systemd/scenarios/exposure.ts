import { must, type Scenario } from '../scenario.ts'

const MOST = 1.1

export const scenario: Scenario = {
  title: `the exposure of the running service is at most ${MOST}`,
  async run(machine) {
    const scores: string[] = []
    for (const unit of ['chatd', 'chatd-backup']) {
      const report = await machine.ok(`systemd-analyze security --no-pager ${unit}.service || true`)
      const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1])
      must(score <= MOST, `the exposure of ${unit} is ${score}:\n${report.replaceAll(/^✓.*\n/gm, '')}`)
      scores.push(`${unit} ${score}`)
    }
    return scores.join(', ')
  },
}
