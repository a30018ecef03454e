import { type CollabEventData, collabData } from "../../projections/collab-events.js";
import { partId, partStream } from "../../projections/collab-streams.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { assertCollabId } from "./collab-id.js";

/** By part, the event that gives it one more value. */
const VALUES = { memory: "memory.set", artifact: "artifact.saved" } as const;

/** A memory or an artifact. */
export type ValuedPart = keyof typeof VALUES;

/** What a value of a source is to those that were there before it. */
export interface EarlierValues {
  readonly count: number;
  /** One of them is the same, whoever wrote it. */
  readonly anySame: boolean;
  /** Among those of this source: the last is the same, an earlier one is, none is, or there is none of this source. */
  readonly ofSource: "last" | "older" | "other" | "none";
}

/**
 * Compares a value with all that a memory or an artifact of a session has had; one of them is in memory at a time.
 *
 * @param source that of the import which brings the value
 * @throws UsageError COLLAB_ID_INVALID
 */
export async function earlierValues<P extends ValuedPart>(
  log: EventLog,
  { part, session, key, source }: { readonly part: P; session: string; key: string; source: string | undefined },
  isSame: (value: CollabEventData<(typeof VALUES)[P]>) => boolean,
): Promise<EarlierValues> {
  assertCollabId("session", session);
  assertCollabId(part, key);
  let [count, anySame] = [0, false];
  let ofSource = "none" as EarlierValues["ofSource"];
  for await (const event of eventsOf(log.readStream(partStream(part, partId(session, key))))) {
    const value = collabData(VALUES[part], event);
    if (value === undefined) continue;
    count++;
    const same = isSame(value);
    anySame ||= same;
    if (event.meta.source !== source) continue;
    ofSource = same ? "last" : ofSource === "last" || ofSource === "older" ? "older" : "other";
  }
  return { count, anySame, ofSource };
}
