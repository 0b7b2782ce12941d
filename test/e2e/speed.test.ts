import { expect, test } from 'vitest'
import { CHATD, type Contender, NODE_FLOOR } from '../../bench/contenders.ts'
import { underLoad } from '../../bench/underLoad.ts'

/** Of the Node floor, measured in the same run; what it is on a quiet machine stands in docs/performance.md. */
const LEAST_SHARE = 0.15

async function deliveriesPerCpu(contender: Contender): Promise<number> {
  const server = await contender.start()
  try {
    const { result, cpu } = await underLoad(server, {
      port: server.port,
      dialect: contender.dialect,
      listeners: 200,
      rooms: 1,
      bytes: 100,
      seconds: 1.5,
      inFlight: 64,
    })
    expect([result.lost, result.disordered]).toEqual([0, 0])
    return result.delivered / cpu
  } finally {
    await server.stop()
  }
}

test('a delivery, stored before, costs no more than a few times the cost of Node alone', async () => {
  const ours = await deliveriesPerCpu(CHATD)
  const floor = await deliveriesPerCpu(NODE_FLOOR)
  expect(ours / floor).toBeGreaterThan(LEAST_SHARE)
})
