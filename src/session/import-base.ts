import type { StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessions } from "../../projections/sessions.js";
import { evolved } from "../replay/fold.js";
import type { SessionStore } from "./session-store.js";

/**
 * The record as it was in `source` when that was last imported; else as it was in any source at the last import, because
 * a backup of the same file has another name. undefined where the session never came from an import.
 */
export async function importBase(store: SessionStore, id: string, source: string): Promise<StoredRecord | undefined> {
  let document: SessionDocument | null = null;
  let own: StoredRecord | undefined;
  let last: StoredRecord | undefined;
  for (const event of await store.history(id)) {
    document = evolved(sessions, document, event);
    if (event.type !== "session.imported" || event.data === undefined) continue;
    const { foreign } = event.data as { foreign?: StoredRecord };
    last = foreign ?? document?.record;
    if (event.meta.source === source) own = last;
  }
  return own ?? last;
}
