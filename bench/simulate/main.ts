/**
 * `npm run simulate`: what a cluster of daemons and brokers comes to on paper, from costs that were measured; docs/scale.md explains
 * it. With options, one plan: `--layout whole|homes --connections N --messages N --online N --daemons N --streams N`.
 */
import { parseArgs } from 'node:util'
import { type Row, table } from '../figures.ts'
import { MEASURED } from './costs.ts'
import { besideMeasured } from './measured.ts'
import { most, type Outlook, outlook, type Plan } from './plan.ts'

const GIB = 2 ** 30
const ONLINE = 20
const NAMES = {
  mainThread: 'main thread',
  foldThread: 'fold thread',
  memory: 'memory',
  daemonNetwork: 'network of a daemon',
  brokerNetwork: 'network of a broker',
} as const

const { values } = parseArgs({
  options: {
    layout: { type: 'string', default: 'whole' },
    connections: { type: 'string', default: '10000' },
    messages: { type: 'string' },
    online: { type: 'string', default: `${ONLINE}` },
    daemons: { type: 'string', default: '3' },
    streams: { type: 'string', default: '1' },
  },
})

if (values.messages === undefined) everything()
else one(planOf(values.messages))

function planOf(messages: string): Plan {
  const { layout } = values
  const plan = {
    connections: Number(values.connections),
    messagesPerSecond: Number(messages),
    online: Number(values.online),
    daemons: Number(values.daemons),
    streams: Number(values.streams),
  }
  if ((layout === 'whole' || layout === 'homes') && Object.values(plan).every(count => count >= 1))
    return { layout, ...plan }
  console.error(
    'usage: npm run simulate [-- --layout whole|homes --connections N --messages N --online N --daemons N --streams N]',
  )
  process.exit(2)
}

function one(plan: Plan): void {
  console.log(table('the plan', [rowOf(describe(plan), outlook(plan, MEASURED))]))
}

function everything(): void {
  console.log(table('one writes, one follows', besideMeasured(MEASURED)))
  const whole = [1, 3, 10, 30, 100].map(daemons => limit('whole', daemons, 1))
  console.log(`\n${table('one stream, 10,000 connections a daemon', whole)}`)
  const ways: readonly Plan[] = [
    way('whole', 10_000, 1_000, 3, 1),
    way('whole', 100_000, 5_000, 10, 1),
    way('whole', 300_000, 30_000, 30, 5),
    way('whole', 1_000_000, 100_000, 100, 16),
    way('homes', 300_000, 30_000, 30, 5),
    way('homes', 1_000_000, 100_000, 100, 16),
  ]
  console.log(
    `\n${table(
      'on the way to a million',
      ways.map(plan => rowOf(describe(plan), outlook(plan, MEASURED))),
    )}`,
  )
}

function limit(layout: Plan['layout'], daemons: number, streams: number): Row {
  const plan = { layout, connections: 10_000 * daemons, online: ONLINE, daemons, streams }
  const { messagesPerSecond, first } = most(plan, MEASURED)
  return { what: `${daemons} daemons: ${NAMES[first]} first`, figures: { 'messages/s': messagesPerSecond } }
}

function way(
  layout: Plan['layout'],
  connections: number,
  messagesPerSecond: number,
  daemons: number,
  streams: number,
): Plan {
  return { layout, connections, messagesPerSecond, online: ONLINE, daemons, streams }
}

function describe({ layout, connections, messagesPerSecond, daemons, streams }: Plan): string {
  const count = (n: number): string => n.toLocaleString('en-US')
  return `${layout}: ${count(connections)} people, ${count(messagesPerSecond)}/s, ${daemons} daemons, ${streams} streams`
}

function rowOf(what: string, { use, first, holds, ...rest }: Outlook): Row {
  return {
    what: `${what}: ${holds ? 'holds' : 'breaks'}, ${NAMES[first]} first`,
    figures: {
      'main %': use.mainThread * 100,
      'fold %': use.foldThread * 100,
      'memory %': use.memory * 100,
      'network %': Math.max(use.daemonNetwork, use.brokerNetwork) * 100,
      'p50 ms': rest.p50 * 1e3,
      'p99 ms': rest.p99 * 1e3,
      brokers: rest.brokers,
      homes: rest.homes,
      cores: rest.cores,
      'broker GiB/day': rest.brokerBytesADay / GIB,
      'folder GiB/day': rest.foldBytesADay / GIB,
    },
  }
}
