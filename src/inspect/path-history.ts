import { valueAt } from "../../projections/json-leaves.js";
import { UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import { isWhole } from "../log/check-bounds.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { changedAt, type RecordStep, recordSteps, type SetBy, setBy } from "../replay/record-steps.js";
import { parseFieldPath } from "./field-path.js";
import { pathNotFound } from "./path-not-found.js";

/** What a value is told as where it is long. */
const MAX_VALUE_CHARS = 200;
/** So many are told. */
export const MAX_PATH_CHANGES = 2_000;

/** A value as it stood from one event on. */
export interface PathChange extends SetBy {
  /** False where nothing was there from then on. */
  readonly present: boolean;
  /** The value, where its JSON has at most 200 characters. */
  readonly value?: Json;
  /** The beginning of its JSON. */
  readonly text: string;
  /** UTF-16 units of its whole JSON. */
  readonly chars: number;
}

export interface PathHistory {
  readonly session: string;
  /** JSON Pointer. */
  readonly path: string;
  /** Oldest first, at most {@link MAX_PATH_CHANGES}: the newest, or those around the offset that was asked about. */
  readonly changes: readonly PathChange[];
  /** Changes before those. */
  readonly older: number;
  /** Changes behind those, up to the offset that was asked for. */
  readonly newer: number;
}

/**
 * How the value at a path of one session's record changed: one entry for each event that changed it.
 *
 * @param place JSON Pointer, or as people write it: prState.exists; empty for the whole record
 * @param toOffset inclusive; default the tail
 * @param around of more changes than are told, as many before this offset as behind it, instead of the newest
 * @throws NotFoundError SESSION_NOT_FOUND, PATH_NOT_FOUND where nothing ever was there up to then, POINT_OUTSIDE where the
 *   log has no such `toOffset`; UsageError FIELD_PATH_INVALID, ARGUMENT_INVALID
 */
export async function pathHistory(
  log: EventLog,
  id: string,
  place: string,
  toOffset?: number,
  around = Number.POSITIVE_INFINITY,
): Promise<PathHistory> {
  assertLog(log);
  const path = parseFieldPath(place);
  await assertAsOf(log, toOffset);
  if (!isWhole(around)) {
    throw new UsageError("ARGUMENT_INVALID", "changes are told around an offset, which is a whole number", {
      hint: "leave it out for the newest",
    });
  }
  const steps = await recordSteps(log, id, toOffset);
  const changing = steps.filter((step) => changedAt(step, path));
  if (changing.length === 0) throw pathNotFound(id, path);
  const older = firstTold(changing, around);
  const shown = changing.slice(older, older + MAX_PATH_CHANGES);
  const changes = shown.map(({ event, after }) => ({ ...setBy(event), ...told(valueAt(after, path)) }));
  return { session: id, path, changes, older, newer: changing.length - older - shown.length };
}

/** How many of them come before those that are told. */
function firstTold(changing: readonly RecordStep[], around: number): number {
  const before = changing.filter(({ event }) => event.offset <= around).length;
  const last = Math.max(0, changing.length - MAX_PATH_CHANGES);
  return Math.max(0, Math.min(before - MAX_PATH_CHANGES / 2, last));
}

function told(value: Json | undefined): Pick<PathChange, "present" | "value" | "text" | "chars"> {
  if (value === undefined) return { present: false, text: "", chars: 0 };
  const text = JSON.stringify(value);
  const common = { present: true, text: text.slice(0, MAX_VALUE_CHARS), chars: text.length };
  return text.length > MAX_VALUE_CHARS ? common : { ...common, value };
}
