import { leafChanges, withValueAt } from "../../projections/json-leaves.js";
import { type JsonObject, patchBetween } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { sessionStream } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import type { Json } from "../log/canonical.js";
import type { NewEvent, SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { StreamAppend } from "../log/prepare.js";
import { erasedEvent } from "../log/redaction.js";
import { changedAt, type RecordStep, recordSteps, stepsOf } from "../replay/record-steps.js";
import { type ChangeNote, sessionEvent } from "../session/session-event.js";
import type { ErasureTarget } from "./erasure-target.js";
import { isWithin } from "./holds-value.js";

/** What is said anew of a session, so that its present record loses what was meant and nothing else. */
export interface Restated {
  readonly session: string;
  /** Places (JSON Pointers) of the present record that go. */
  readonly lost: readonly string[];
  /** The event that says the others again; undefined where they stay by themselves. */
  readonly append: StreamAppend | undefined;
}

/**
 * An event is erased whole, so it takes along more than was meant, and patches of later events may find nothing to change.
 * So the present record is stated again: without the values at the path that was meant; or, where events were meant,
 * without what they were the last to set.
 */
export async function restated(
  log: EventLog,
  session: string,
  target: ErasureTarget,
  offsets: ReadonlySet<number>,
  reason: string | undefined,
): Promise<Restated> {
  const steps = await recordSteps(log, session);
  const { before, after } = presents(steps, offsets);
  if (before === undefined) return { session, lost: [], append: undefined };
  const lost = leaves(before).filter((path) => isMeant(path, target, steps, offsets));
  const gone = "path" in target ? [target.path] : lost;
  const kept = gone.reduce<Json | undefined>((record, path) => withValueAt(record, path, undefined), before);
  const events = saidAgain(after, kept as StoredRecord, { source: "redaction", ...defined({ reason }) });
  if (events.length === 0) return { session, lost, append: undefined };
  const expectedVersion = (steps.at(-1) as RecordStep).event.version;
  return { session, lost, append: { stream: sessionStream(session), expectedVersion, events } };
}

/** A session that had been deleted before the erased event which created it again is created once more. */
function saidAgain(after: JsonObject | undefined, kept: StoredRecord, note: ChangeNote): NewEvent[] {
  if (after === undefined) return [sessionEvent("session.created", { record: kept }, note)];
  const patch = patchBetween(after, kept);
  return patch.length === 0 ? [] : [sessionEvent("session.updated", { patch }, note)];
}

/** The present record, and what is left of it when the events are erased; undefined where the session is a deleted one. */
function presents(
  steps: readonly RecordStep[],
  offsets: ReadonlySet<number>,
): { before: JsonObject | undefined; after: JsonObject | undefined } {
  const erase = (event: SealedEvent) => (offsets.has(event.offset) ? erasedEvent(event) : event);
  const after = stepsOf(steps.map(({ event }) => erase(event)));
  return { before: steps.at(-1)?.after, after: after.at(-1)?.after };
}

function leaves(record: JsonObject): string[] {
  return leafChanges(undefined, record)
    .map(({ path }) => path)
    .filter((path) => path !== "/session");
}

function isMeant(
  path: string,
  target: ErasureTarget,
  steps: readonly RecordStep[],
  offsets: ReadonlySet<number>,
): boolean {
  if ("path" in target) return isWithin(path, target.path);
  const setter = steps.findLast((step) => changedAt(step, path));
  return setter !== undefined && offsets.has(setter.event.offset);
}
