// The bundle contains this module instead of react-devtools-core.
export default { initialize: (): void => undefined, connectToDevTools: (): void => undefined }
