/**
 * The protocol of chatd as other programs import it: `chat-tui/protocol`. Inside this project the files
 * beside this one are imported directly.
 */
export * from './codec.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './limits.ts'
export * from './names.ts'
export * from './requests.ts'
export * from './responses.ts'
export * from './texts.ts'
