import { type LeafChange, leafChanges, valueAt } from "../../projections/json-leaves.js";
import { assertOptions } from "../config/known-options.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { type RecordStep, type SetBy, setBy, stepsBackwards } from "../replay/record-steps.js";
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
  assertLog(log);
  assertOptions("blame", options, { path: true, depth: true, toOffset: true });
  const { depth = Number.MAX_SAFE_INTEGER, toOffset } = options;
  assertCount("depth", depth, 0);
  const path = parseFieldPath(options.path ?? "");
  await assertAsOf(log, toOffset);
  const there = (await blamed(stepsBackwards(log, id, toOffset), path, depth)).sort(byPath);
  if (there.length === 0) throw pathNotFound(id, path);
  const present = there.filter(({ value }) => value !== undefined);
  return present.length > 0 ? present : there;
}

/** Reads no further than to the last two changes of each value that is there, which is all that is told. */
async function blamed(parts: AsyncIterable<readonly RecordStep[]>, path: string, depth: number): Promise<BlameEntry[]> {
  const known = new Map<string, BlameEntry>();
  let present: readonly string[] | undefined;
  for await (const steps of parts) {
    present ??= leavesAt(steps.at(-1)?.after, path, depth);
    for (const { event, before, after } of steps.toReversed()) {
      for (const { path: place, after: value } of leavesChanged(before, after, path, depth)) {
        const newer = known.get(place);
        if (newer === undefined) known.set(place, { path: place, value, set: setBy(event), previous: undefined });
        else if (newer.previous === undefined) known.set(place, { ...newer, previous: { value, set: setBy(event) } });
      }
    }
    if (present.length > 0 && present.every((place) => known.get(place)?.previous !== undefined)) break;
  }
  return [...known.values()];
}

function leavesAt(record: Json | undefined, path: string, depth: number): string[] {
  return leavesChanged(undefined, record, path, depth).map((leaf) => leaf.path);
}

function leavesChanged(before: Json | undefined, after: Json | undefined, path: string, depth: number): LeafChange[] {
  return leafChanges(valueAt(before, path), valueAt(after, path), path, depth);
}

function byPath(a: BlameEntry, b: BlameEntry): number {
  return a.path < b.path ? -1 : 1;
}
