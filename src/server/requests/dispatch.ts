import type { RequestAction } from '../../protocol/requests.ts'
import { addKey, addToken, invite, listAccount, register, revoke, setPassword } from './account.ts'
import type { Handlers } from './client.ts'
import { connect } from './connect.ts'
import { history } from './history.ts'
import { joinRoom, leaveRoom } from './join.ts'
import { listMembers, listRooms } from './lists.ts'
import { listMentions } from './mentions.ts'
import { eraseMe, myData } from './ownData.ts'
import { search } from './search.ts'
import { ping, setAway, setNotify, setRead, setTyping } from './signals.ts'
import { speak } from './speak.ts'

/** The handler of each action. */
export const HANDLERS: Handlers = {
  connect,
  joinroom: joinRoom,
  leaveroom: leaveRoom,
  chat: speak,
  edit: speak,
  delete: speak,
  react: speak,
  topic: speak,
  history,
  search,
  rooms: listRooms,
  members: listMembers,
  read: setRead,
  notify: setNotify,
  mentions: listMentions,
  typing: setTyping,
  away: setAway,
  ping,
  register,
  password: setPassword,
  account: listAccount,
  addkey: addKey,
  token: addToken,
  revoke,
  invite,
  mydata: myData,
  eraseme: eraseMe,
}

/** Every action that is served, in the order of the documentation. */
export const FEATURES = Object.keys(HANDLERS) as readonly RequestAction[]
