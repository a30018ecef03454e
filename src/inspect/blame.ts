import { isUnder, leafChanges } from "../../projections/json-leaves.js";
import { tokensOf } from "../../projections/json-patch.js";
import { assertOptions } from "../config/known-options.js";
import { assertCount } from "../log/assert-limits.js";
import type { Json } from "../log/canonical.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { type RecordStep, recordSteps, type SetBy, setBy } from "../replay/record-steps.js";
import { parseFieldPath } from "./field-path.js";
import { pathNotFound } from "./path-not-found.js";

export interface BlameOptions {
  /** JSON Pointer, or as people write it (`prState.exists`): only what lies there. Default the whole record. */
  readonly path?: string;
  /** How many levels below `path` are told apart, from 0; what lies deeper is told as one value. Default all. */
  readonly depth?: number;
  /** Inclusive; default the tail. */
  readonly toOffset?: number;
}

export interface BlameEntry {
  /** JSON Pointer. */
  readonly path: string;
  /** undefined where it was removed. */
  readonly value: Json | undefined;
  /** The last event that changed this place. */
  readonly set: SetBy;
  /** What was there before (undefined: removed by then), and who had made it so. */
  readonly previous: { readonly value: Json | undefined; readonly set: SetBy } | undefined;
}

/**
 * Who set each value of a session's record, and what it was before. Arrays are one value. Where nothing is left at
 * `path`, the values that were there come with the event that removed them.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, PATH_NOT_FOUND where the path never existed, POINT_OUTSIDE; UsageError
 *   FIELD_PATH_INVALID, ARGUMENT_INVALID; TypeError where `depth` is no whole number from 0
 */
export async function blame(log: EventLog, id: string, options: BlameOptions = {}): Promise<BlameEntry[]> {
  assertOptions("blame", options, { path: true, depth: true, toOffset: true });
  const { depth = Number.MAX_SAFE_INTEGER, toOffset } = options;
  assertCount("depth", depth, 0);
  const path = parseFieldPath(options.path ?? "");
  await assertAsOf(log, toOffset);
  const steps = await recordSteps(log, id, toOffset);
  const known = blamed(steps, tokensOf(path).length + depth);
  const there = known.filter((entry) => isUnder(entry.path, path)).sort(byPath);
  if (there.length === 0) throw pathNotFound(id, path);
  const present = there.filter(({ value }) => value !== undefined);
  return present.length > 0 ? present : there;
}

function blamed(steps: readonly RecordStep[], depth: number): BlameEntry[] {
  const known = new Map<string, BlameEntry>();
  for (const { event, before, after } of steps) {
    for (const { path, after: value } of leafChanges(before, after, "", depth)) {
      const last = known.get(path);
      const previous = last === undefined ? undefined : { value: last.value, set: last.set };
      known.set(path, { path, value, set: setBy(event), previous });
    }
  }
  return [...known.values()];
}

function byPath(a: BlameEntry, b: BlameEntry): number {
  return a.path < b.path ? -1 : 1;
}
