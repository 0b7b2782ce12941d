import { relative } from 'node:path'
import { beforeEach, inject, type TestContext } from 'vitest'
import { WITHOUT_NATS } from '../natsServer.ts'
import { EXCLUSIONS, exclusionOf } from './exclusions.ts'

type Task = TestContext['task']

beforeEach(({ task, skip }) => {
  skip(inject('brokers')?.length === 0, WITHOUT_NATS)
  const file = relative(process.cwd(), task.file.filepath)
  assertUsed(file, task)
  const excluded = exclusionOf(file, task.name)
  skip(excluded !== undefined, excluded?.why)
})

/** An exclusion of a test that is there no more would hide its successor. */
function assertUsed(file: string, { file: { tasks } }: Task): void {
  const names = namesIn(tasks)
  const unused = EXCLUSIONS.find(one => one.file === file && !names.some(name => name.startsWith(one.test)))
  if (unused !== undefined) throw new Error(`${file} has no test "${unused.test}": correct the exclusions`)
}

function namesIn(tasks: Task['file']['tasks']): readonly string[] {
  return tasks.flatMap(task => (task.type === 'suite' ? namesIn(task.tasks) : [task.name]))
}
