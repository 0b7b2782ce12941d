import { onTestFinished } from 'vitest'
import { RoughLine, type Weather } from '../roughLine.ts'

/** A rough line before a port of loopback; ends with the test. */
export async function lineBefore(target: number, weather: Weather): Promise<RoughLine> {
  const line = await RoughLine.before(target, weather)
  onTestFinished(() => line.close())
  return line
}
