import type { RequestResult } from '../protocol/requests.ts'
import type { SearchQuery } from './client.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'

/** How often a search that the server stopped is continued before its page is shown. */
const MOST_STOPS = 100

/** Asks for a page of a search. A server stops a search that takes long: it is continued until the page has a hit. */
export async function searchOn(
  requests: PendingRequests,
  query: SearchQuery,
): Promise<Answer<RequestResult<'search'>>> {
  let asked = query
  for (let stops = 0; ; stops++) {
    const answer = await requests.ask({ action: 'search', ...asked })
    if (!answer.ok) return answer
    const { hits, stopped, cursor } = answer.value
    if (hits.length > 0 || stopped !== true || cursor === undefined || stops === MOST_STOPS) return answer
    asked = { ...query, cursor }
  }
}
