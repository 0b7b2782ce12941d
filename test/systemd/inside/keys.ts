/** Runs in the machine: `keys.ts CERTIFICATE KEY FILE`. Stands in for https://git.example.org, which has the file at every path. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const [cert = '', key = '', file = ''] = process.argv.slice(2)
createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) =>
  response.end(readFileSync(file)),
).listen(443, '127.0.0.1')
