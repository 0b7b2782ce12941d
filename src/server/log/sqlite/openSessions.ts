/** What tells an open session from those of accounts and those that were ended: the words of the index `open_sessions`. */
export const OPEN = "into_session IS NULL AND hash NOT LIKE 'account %' AND hash NOT LIKE 'erased %'"
