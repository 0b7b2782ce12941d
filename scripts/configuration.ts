import { readFileSync } from 'node:fs'

/** A key of the configuration, as its documents need it. */
export interface ConfigurationKey {
  readonly name: string
  readonly help: string
  /** As TOML; undefined: nothing holds without the key. */
  readonly byDefault?: string
  readonly reloads: boolean
}

const TEMPLATE = new URL('../packaging/chatd.conf', import.meta.url)

/** The file that the package installs as /etc/chatd/chatd.conf. */
export function configurationFile(): string {
  return readFileSync(TEMPLATE, 'utf8')
}

/** The keys for chatd.conf(5), in the order of the file: each is a line `#key = value` below its comment. */
export function configurationKeys(): readonly ConfigurationKey[] {
  return configurationFile()
    .split(/\n\n+/)
    .flatMap(block => {
      const [, comment, name, byDefault] = /^((?:# .*\n)+)#([\w.-]+) = (.*)$/m.exec(block) ?? []
      if (comment === undefined || name === undefined) return []
      const help = comment.replaceAll(/^# /gm, '').replaceAll(/\s+/g, ' ').trim()
      return [
        {
          name,
          help: help.replace(/; after a restart\.$/, '.'),
          reloads: !help.includes('after a restart'),
          ...(byDefault === undefined ? {} : { byDefault }),
        },
      ]
    })
}
