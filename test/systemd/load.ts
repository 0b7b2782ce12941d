import type { Load } from './inside/load.ts'
import type { Machine } from './machine.ts'
import { must } from './scenario.ts'

/** Lets so many clients of one address in, at a pace that the test bounds by itself. */
export const FOR_MANY = `mkdir -p /run/systemd/system/chatd.service.d
cat >/run/systemd/system/chatd.service.d/many.conf <<END
[Service]
ExecStart=
$(systemctl cat chatd | sed -n 's/^ExecStart=.*/& --limit connections-per-address=5000 --limit arrivals-of-address=100000 --limit people-of-address=5000/p' | tail -1)
END
systemctl daemon-reload
systemctl restart chatd
`

/** Has clients talk in the machine for some seconds, and does something meanwhile. */
export async function underLoad(
  machine: Machine,
  { clients, seconds }: { readonly clients: number; readonly seconds: number },
  meanwhile: () => Promise<unknown>,
): Promise<Load> {
  const child = machine.start('/usr/lib/chatd/node', '/inside/load.ts', String(clients), String(seconds))
  let out = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  await new Promise(resolve => setTimeout(resolve, 1_500))
  await meanwhile()
  must((await ended) === 0, 'the clients ended with a failure')
  return JSON.parse(out) as Load
}

/** Fails unless the log has every acknowledged message once. Gives their number. */
export async function allStored(machine: Machine, { acknowledged }: Load): Promise<number> {
  const exported = (await machine.ok('chatd export load')).trim().split('\n')
  const count = new Map<string, number>()
  for (const line of exported) {
    const { message } = JSON.parse(line) as { readonly message?: string }
    if (message !== undefined) count.set(message, (count.get(message) ?? 0) + 1)
  }
  const gone = acknowledged.filter(text => !count.has(text))
  const doubled = [...count].filter(([, times]) => times > 1)
  must(gone.length === 0, `${gone.length} acknowledged messages are lost, such as ${gone[0]}`)
  must(doubled.length === 0, `${doubled.length} messages are there twice, such as ${doubled[0]?.[0]}`)
  must(acknowledged.length > 50, `only ${acknowledged.length} messages were acknowledged: this shows nothing`)
  return acknowledged.length
}
