import { valueAt } from "../../projections/json-leaves.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { changedAt, recordSteps, type SetBy, setBy } from "../replay/record-steps.js";
import { parseFieldPath } from "./field-path.js";
import { pathNotFound } from "./path-not-found.js";

/** What a value is told as where it is long. */
const MAX_VALUE_CHARS = 200;
/** The newest ones are told. */
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
  /** Oldest first, at most the newest {@link MAX_PATH_CHANGES}. */
  readonly changes: readonly PathChange[];
  /** Changes before those. */
  readonly older: number;
}

/**
 * How the value at a path of one session's record changed: one entry for each event that changed it.
 *
 * @param place JSON Pointer, or as people write it: prState.exists; empty for the whole record
 * @param toOffset inclusive; default the tail
 * @throws NotFoundError SESSION_NOT_FOUND, PATH_NOT_FOUND where nothing ever was there up to then, POINT_OUTSIDE where the
 *   log has no such `toOffset`; UsageError FIELD_PATH_INVALID, ARGUMENT_INVALID
 */
export async function pathHistory(log: EventLog, id: string, place: string, toOffset?: number): Promise<PathHistory> {
  assertLog(log);
  const path = parseFieldPath(place);
  await assertAsOf(log, toOffset);
  const steps = await recordSteps(log, id, toOffset);
  const changing = steps.filter((step) => changedAt(step, path));
  if (changing.length === 0) throw pathNotFound(id, path);
  const newest = changing.slice(-MAX_PATH_CHANGES);
  const changes = newest.map(({ event, after }) => ({ ...setBy(event), ...told(valueAt(after, path)) }));
  return { session: id, path, changes, older: changing.length - newest.length };
}

function told(value: Json | undefined): Pick<PathChange, "present" | "value" | "text" | "chars"> {
  if (value === undefined) return { present: false, text: "", chars: 0 };
  const text = JSON.stringify(value);
  const common = { present: true, text: text.slice(0, MAX_VALUE_CHARS), chars: text.length };
  return text.length > MAX_VALUE_CHARS ? common : { ...common, value };
}
