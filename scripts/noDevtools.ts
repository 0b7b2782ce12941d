// What the bundle holds in the place of react-devtools-core.
export default { initialize: (): void => undefined, connectToDevTools: (): void => undefined }
