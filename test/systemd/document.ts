import { readFileSync } from 'node:fs'
import { type Block, fencedBlocks, isAsShown } from '../fencedBlocks.ts'
import { address, connected } from './link.ts'
import type { Machine } from './machine.ts'
import { eventually, must, type Scenario } from './scenario.ts'

/** The machines of a walk through the document. */
export interface Places {
  readonly server: Machine
  /** The laptop of a user, or the new host: a machine beside the server, on one network with it. */
  readonly other: Machine
}

/** What a section of the document needs, and what must hold then. */
export interface Step {
  /** Stands in for what is not in the machine: people, names, other programs. */
  readonly before?: (places: Places) => Promise<unknown>
  /** While the last line of a block stays in the foreground. */
  readonly meanwhile?: (places: Places) => Promise<unknown>
  /** How often it runs, as where the document says "the same lines again"; once unless given. */
  readonly times?: number
  /** After all lines of the section; gets what they printed. */
  readonly after?: (places: Places, printed: string) => Promise<unknown>
}

/** A scenario that runs every block of some sections of the document. */
export interface Walk extends Scenario {
  /** Their headings. */
  readonly sections: readonly string[]
  /** The document that they are in, below `docs/`. */
  readonly document: string
}

/** Runs sections of a document, docs/operating.md by default, in this order and on the same machines, each line as it stands there. */
export function walk(
  title: string,
  sections: Readonly<Record<string, Step>>,
  {
    document = 'operating.md',
    ...options
  }: Pick<Scenario, 'begins' | 'isShort' | 'missing' | 'brings'> & { readonly document?: string } = {},
): Walk {
  return {
    title: `docs/${document}, ${title}`,
    document,
    begins: 'services',
    ...options,
    sections: Object.keys(sections),
    async run(server, another) {
      const other = await another()
      await connected(server, other)
      const places = { server, other }
      const blocks = fencedBlocks(readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8'))
      let lines = 0
      for (const [heading, step] of Object.entries(sections)) {
        const ours = blocks.filter(block => block.heading === heading)
        must(ours.length > 0, `the document has no blocks under "${heading}"`)
        await step.before?.(places)
        let printed = ''
        for (let n = 0; n < (step.times ?? 1); n++) printed += await runAll(ours, places, step, document)
        await step.after?.(places, printed)
        lines += ours.reduce((sum, { text }) => sum + text.trim().split('\n').length, 0)
      }
      return `${lines} lines of ${Object.keys(sections).length} sections`
    },
  }
}

async function runAll(
  blocks: readonly Block[],
  places: Places,
  step: Step,
  document: string,
): Promise<string> {
  let all = ''
  let printed = ''
  for (const block of blocks) {
    const { server, other } = places
    try {
      switch (block.kind) {
        case 'run': {
          const machine = block.on === 'server' ? server : other
          const text = await (block.serves
            ? served(machine, block.text, places, step)
            : ran(machine, block.text))
          printed = text
          all += text
          break
        }
        case 'file':
          await server.write(block.path, block.text, block.isAdded)
          break
        case 'keys':
          await setKeys(server, block.path, block.text)
          break
        case 'shown':
          must(isAsShown(printed, block.text), `it printed:\n${printed}`)
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const ofOther = await places.other.journal()
      throw new Error(
        `${document}, line ${block.line} ("${block.heading}"): ${reason}\nthe other machine:\n${ofOther}`,
      )
    }
  }
  return all
}

/** As an administrator at a shell in their home, who stops at the first line that fails. */
async function ran(machine: Machine, lines: string): Promise<string> {
  return machine.ok(`cd; exec 2>&1; set -o pipefail\n${lines}`)
}

/** The last line stays in the foreground, until Ctrl+C. */
async function served(machine: Machine, lines: string, places: Places, step: Step): Promise<string> {
  await machine.write('/tmp/lines', lines)
  await machine.ok(`rm -f /tmp/printed; systemd-run --quiet --unit=terminal --working-directory=/root --setenv=HOME=/root \
    --property=StandardOutput=file:/tmp/printed --property=StandardError=inherit bash -e /tmp/lines`)
  const isOver = async (): Promise<boolean> => (await machine.run('systemctl is-active terminal')).code !== 0
  try {
    must(step.meanwhile !== undefined, 'the section does not say what happens meanwhile')
    await step.meanwhile(places)
    must(!(await isOver()), 'it did not stay in the foreground')
    await machine.ok('systemctl kill --signal=INT terminal')
    await eventually('it does not end at Ctrl+C', isOver)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${reason}\n${await machine.ok('cat /tmp/printed')}`)
  }
  return machine.ok('systemctl reset-failed terminal 2>/dev/null || true; cat /tmp/printed')
}

/** Each key in the place of the line that has it, as an editor would. */
async function setKeys(machine: Machine, path: string, text: string): Promise<void> {
  let content = await machine.ok(`cat ${path}`)
  for (const line of text.trim().split('\n')) {
    const [key = ''] = line.split(' ')
    const place = new RegExp(`^#?${key} = .*$`, 'm')
    must(place.test(content), `${path} has no ${key}`)
    content = content.replace(place, line)
  }
  await machine.write(path, content)
}

/** Where the server is on the network of the two machines. */
export const SERVER = address(1)
