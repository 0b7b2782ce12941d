import type { Request, RequestAction } from '../../protocol/requests.ts'

type ConnectedAction = Exclude<RequestAction, 'connect'>

/** The request without fields that the plain protocol does not have; undefined for an action that it does not have. */
export function plainRequest(request: Request<ConnectedAction>): Request<ConnectedAction> | undefined {
  switch (request.action) {
    case 'chat':
      return { action: 'chat', room: request.room, message: request.message }
    case 'joinroom':
    case 'leaveroom':
      return { action: request.action, room: request.room }
    default:
      return undefined
  }
}
