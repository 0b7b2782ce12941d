/** Writes the generated documents: `npm run docs`. A test fails while they are stale. */
import { writeFileSync } from 'node:fs'
import { protocolDocument, protocolSchema } from './protocolDocument.ts'

writeFileSync('docs/protocol.md', protocolDocument())
writeFileSync('docs/protocol.schema.json', protocolSchema())
