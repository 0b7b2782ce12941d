import { readFileSync } from 'node:fs'
import { CONFIG_KEYS, type ConfigKey } from '../src/server/config/config.ts'

const FILE = new URL('../packaging/chatd.conf', import.meta.url)

/** The file that the package installs as /etc/chatd/chatd.conf; `npm run docs` writes it from the keys. */
export function configurationFile(): string {
  return readFileSync(FILE, 'utf8')
}

/** The keys for chatd.conf(5), in the order of the file. */
export function configurationKeys(): readonly ConfigKey[] {
  return CONFIG_KEYS
}
