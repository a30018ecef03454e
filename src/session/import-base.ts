import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessions } from "../../projections/sessions.js";
import { evolved } from "../replay/fold.js";
import type { SessionStore } from "./session-store.js";

/**
 * What `foreign` is compared with: the record as it was in `source` when that was last imported. Where it never was: as it
 * was in any source at the last import, because a backup of the same file has another name; or `foreign` itself where an
 * earlier import of any source had just that, because then it is an old backup, which brings nothing new.
 *
 * @returns undefined where the session never came from an import
 */
export async function importBase(
  store: SessionStore,
  foreign: StoredRecord,
  source: string,
): Promise<StoredRecord | undefined> {
  let document: SessionDocument | null = null;
  let own: StoredRecord | undefined;
  const all: StoredRecord[] = [];
  for (const event of await store.history(foreign.session)) {
    document = evolved(sessions, document, event);
    if (event.type !== "session.imported" || event.data === undefined || document === null) continue;
    const record = (event.data as { foreign?: StoredRecord }).foreign ?? document.record;
    all.push(record);
    if (event.meta.source === source) own = record;
  }
  return own ?? all.find((record) => isSameJson(record, foreign)) ?? all.at(-1);
}
