import { type SessionDocument, sessions } from "../../projections/sessions.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { Page } from "../query/query.js";
import { assertSearchText } from "../query/search-terms.js";
import { ReadModel } from "../replay/read-model/read-model.js";

export interface SearchSessionsOptions {
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** `next` of the page before, with the same words. */
  readonly cursor?: string;
}

/**
 * Sessions whose texts hold all the words: `word`, `begin*`, `"a phrase"`, `-without`, in the id, the task, the branch, the
 * repository, title, description, the last commit's message and the agent. Case, accents and punctuation do not matter.
 * Deleted sessions are left out. The last changed come first. `total` counts all that match.
 *
 * @throws UsageError QUERY_INVALID, CURSOR_INVALID; ProjectionStopped
 */
export async function searchSessions(
  log: EventLog,
  words: string,
  options: SearchSessionsOptions = {},
): Promise<Page<SessionDocument>> {
  assertLog(log);
  assertSearchText(words);
  const orderBy = [{ field: "lastOffset", direction: "desc" as const }];
  return new ReadModel(log, sessions).query({
    search: words,
    where: { deleted: false },
    orderBy,
    total: true,
    ...options,
  });
}
