/**
 * The protocol of chatd for other programs: `chat-tui/protocol`. Code of this project imports the files beside this one
 * directly.
 */
export * from './codec.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './limits.ts'
export * from './names.ts'
export * from './notify.ts'
export * from './requests.ts'
export * from './responses.ts'
export * from './serverLimits.ts'
export * from './texts.ts'
