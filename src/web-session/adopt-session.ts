import { isSameJson, type JsonObject } from "../../projections/json-patch.js";
import type { WebEvent } from "../../projections/web-session-events.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { AdoptedSession } from "./adopted-session.js";
import { sealText, unsealText } from "./sealed-data.js";
import type { SessionKeys } from "./session-keys.js";
import { sealedOf, type WebEventNote, type WebStream, webStreamAt } from "./session-stream.js";
import { keyOf, withSpareKey } from "./spare-key.js";
import type { StreamChanges } from "./stream-changes.js";

export type Adoption = "imported" | "updated" | "unchanged" | "kept";

interface Target {
  readonly log: EventLog;
  readonly keys: SessionKeys;
  readonly changes: StreamChanges;
}

/**
 * Writes a session of another store, unless it was used, logged out or erased here since it was imported: then what is here
 * is the newer one. Of two sources the one that lets it live for longer is the newer one.
 */
export async function adoptSession(to: Target, one: AdoptedSession, note: WebEventNote): Promise<Adoption> {
  const { stream, text, expiresAt, user } = one;
  const last = await to.log.readLast(stream);
  if (last?.redacted === true) return "kept"; // somebody has erased it here
  const start = webStreamAt(last);
  const outcome = await decided(to, one, last, start, note.source);
  if (outcome === "kept" || outcome === "unchanged") return outcome;
  let isWritten = false;
  await withSpareKey(to.keys, async (spare) => {
    const decide = async (seen: WebStream): Promise<WebEvent | undefined> => {
      if (seen.version !== start.version) return undefined; // somebody has used it meanwhile
      const { id, key } = (await keyOf(to.keys, seen)) ?? (await spare());
      return { type: "web.saved", expiresAt, user, key: id, sealed: sealText(text, key, stream) };
    };
    const { seen, event } = await to.changes.change(stream, start, decide, note);
    isWritten = event !== undefined;
    return isWritten ? seen.state?.key : undefined;
  });
  return isWritten ? outcome : "kept";
}

async function decided(
  { log, keys }: Target,
  { stream, text, expiresAt, user }: AdoptedSession,
  last: SealedEvent | undefined,
  start: WebStream,
  source: string | undefined,
): Promise<Adoption> {
  const { state, ended } = start;
  if (last === undefined) return "imported";
  if (ended?.type === "web.destroyed") return "kept";
  // One that was swept may live on in the source; one that was used here, and then expired here, has ended.
  if (ended !== undefined) return (await sourceBefore(log, last)) === undefined ? "kept" : "updated";
  const from = last.meta.source;
  if (state === undefined || from === undefined || (from !== source && expiresAt < state.expiresAt)) return "kept";
  if (state.expiresAt !== expiresAt || state.user !== user) return "updated";
  const key = await keys.get(state.key);
  if (key === null) return "updated";
  return isSameData(unsealText(await sealedOf(log, stream, state), key, stream), text) ? "unchanged" : "updated";
}

/** Where the event before this one came from. */
async function sourceBefore(log: EventLog, { stream, version }: SealedEvent): Promise<string | undefined> {
  const before = { from: version - 1, to: version - 1 };
  for await (const { meta } of eventsOf(log.readStream(stream, before))) return meta.source;
  return undefined;
}

/** But for the cookie: one that was made for the import says how long the session had to live then. */
function isSameData(one: string, other: string): boolean {
  const [data, otherData] = [one, other].map((text) => ({ ...(JSON.parse(text) as JsonObject), cookie: null }));
  return isSameJson(data, otherData);
}
