/** Writes the generated documents: `npm run docs`. A test fails while they are stale. */
import { writeFileSync } from 'node:fs'
import { defaultConfigFile } from '../src/server/config/showConfig.ts'
import { protocolDocument, protocolSchema } from './protocolDocument.ts'

writeFileSync('packaging/chatd.conf', defaultConfigFile())
writeFileSync('docs/protocol.md', protocolDocument())
writeFileSync('docs/protocol.schema.json', protocolSchema())
