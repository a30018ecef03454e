import { valueAt, withValueAt } from "../../projections/json-leaves.js";
import { type PatchOp, patchBetween } from "../../projections/json-patch.js";
import { assertOptions } from "../config/known-options.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import type { EventLog } from "../log/event-log.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import {
  changedAt,
  type RecordStep,
  recordSteps,
  recordStepsFrom,
  type SetBy,
  setBy,
  stepAt,
} from "../replay/record-steps.js";
import { type Change, changesBetween } from "./changes.js";
import { parseFieldPath } from "./field-path.js";
import { pathNotFound } from "./path-not-found.js";

export interface DiffOptions {
  /** The state after this offset … */
  readonly from: number;
  /** … and after this one. May be the smaller one: the way back. */
  readonly to: number;
  /** JSON Pointer, or as people write it (`prState.exists`): only what lies there. */
  readonly path?: string;
}

/** A session at one end of a diff; version 0 where it had no events yet. */
export interface DiffSide {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string | undefined;
}

export interface DiffChange extends Change {
  /** The last event between the two ends that changed this place. */
  readonly set: SetBy | undefined;
}

export interface SessionDiff {
  readonly session: string;
  readonly from: DiffSide;
  readonly to: DiffSide;
  /** Events of the session between the two. */
  readonly events: number;
  readonly changes: readonly DiffChange[];
  /** The record at `from`; null where there was none. */
  readonly before: Json;
  /** The record at `to`; with `path`, the record at `from` with only that place changed. */
  readonly after: Json;
}

/**
 * What differs between two points of one session, and who made it so.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where it has no events up to the later point, PATH_NOT_FOUND where it never had
 *   anything at `path` up to then, POINT_OUTSIDE where the log has no such offset; UsageError ARGUMENT_INVALID,
 *   FIELD_PATH_INVALID
 */
export async function diff(log: EventLog, id: string, options: DiffOptions): Promise<SessionDiff> {
  assertLog(log);
  assertOptions("diff", options, { from: true, to: true, path: true });
  const { from, to } = options;
  const path = parseFieldPath(options.path ?? "");
  for (const end of [from, to]) await assertOffsetIn(log, end);
  const steps = await recordStepsFrom(log, id, Math.min(from, to), Math.max(from, to));
  if (!hasAt(steps, path) && !hasAt(await recordSteps(log, id, Math.max(from, to)), path)) throw pathNotFound(id, path);
  const [first, last] = [stepAt(steps, from), stepAt(steps, to)];
  const between = steps.filter(({ event: { offset } }) => offset > Math.min(from, to));
  const before = first?.after;
  const after = path === "" ? last?.after : withValueAt(before, path, valueAt(last?.after, path));
  const changes = changesBetween(before, after);
  return {
    session: id,
    from: sideOf(from, first),
    to: sideOf(to, last),
    events: between.length,
    changes: withAuthors(changes, between),
    before: before ?? null,
    after: after ?? null,
  };
}

/** RFC 6902. "No session" is the document null, so a session that came or went is an operation on the whole document. */
export function jsonPatchOf({ before, after }: SessionDiff): PatchOp[] {
  if (before === null) return after === null ? [] : [{ op: "add", path: "", value: after }];
  if (after === null) return [{ op: "replace", path: "", value: null }];
  return patchBetween(before as { [key: string]: Json }, after as { [key: string]: Json });
}

function hasAt(steps: readonly RecordStep[], path: string): boolean {
  return path === "" || steps.some((step) => valueAt(step.after, path) !== undefined);
}

function withAuthors(changes: readonly Change[], steps: readonly RecordStep[]): DiffChange[] {
  return changes.map((change) => {
    const by = steps.findLast((step) => changedAt(step, change.path));
    return { ...change, set: by === undefined ? undefined : setBy(by.event) };
  });
}

function sideOf(offset: number, step: RecordStep | undefined): DiffSide {
  return { offset, version: step?.event.version ?? 0, recordedAt: step?.event.recordedAt };
}
