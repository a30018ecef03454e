import { withValueAt } from "../../projections/json-leaves.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { assertOptions } from "../config/known-options.js";
import { NotFoundError, UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { shellWord } from "../log/shell-word.js";
import { type RecordStep, recordSteps, type SetBy, setBy, stepsOf } from "../replay/record-steps.js";
import { type Change, changesBetween } from "./changes.js";
import { parseFieldPath } from "./field-path.js";

/** A value that an event is imagined to have set. */
export interface ImaginedValue {
  readonly offset: number;
  /** JSON Pointer, or as people write it: `prState.exists`. */
  readonly path: string;
  /** undefined: it removed what was there. */
  readonly value: Json | undefined;
}

export interface WhatIfOptions {
  /** Offsets of events that are imagined not to have happened. */
  readonly skip?: readonly number[];
  readonly set?: readonly ImaginedValue[];
}

export interface WhatIf {
  readonly session: string;
  /** From the present record to the imagined one. */
  readonly changes: readonly Change[];
  /** The record as it would be now; null where there would be none. */
  readonly record: StoredRecord | null;
  /** Events that did apply and would no longer do so. */
  readonly lost: readonly (SetBy & { readonly why: string })[];
}

/**
 * The record as it would be, had some events not happened or set other values. Every event is applied again in its
 * order; nothing is written.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, EVENT_NOT_FOUND; UsageError NOTHING_TO_CHANGE, SESSION_ID_FIXED,
 *   FIELD_PATH_INVALID
 */
export async function whatIf(log: EventLog, id: string, options: WhatIfOptions): Promise<WhatIf> {
  assertLog(log);
  assertOptions("whatIf", options, { skip: true, set: true });
  const { skip = [] } = options;
  const set = (options.set ?? []).map((one) => ({ ...one, path: parseFieldPath(one.path) }));
  const real = await recordSteps(log, id);
  assertEvents(id, real, [...skip, ...set.map(({ offset }) => offset)]);
  const kept = real.map(({ event }) => event).filter(({ offset }) => !skip.includes(offset));
  const imagined = stepsOf(kept, (document, event) => withImagined(document, event, set));
  const record = imagined.at(-1)?.after;
  return {
    session: id,
    changes: changesBetween(real.at(-1)?.after, record),
    record: record ?? null,
    lost: lostSteps(real, imagined),
  };
}

function withImagined(
  document: SessionDocument | null,
  { offset }: SealedEvent,
  set: readonly ImaginedValue[],
): SessionDocument | null {
  const mine = set.filter((one) => one.offset === offset);
  // What was passed over sets nothing, whatever one imagines it to hold.
  const passedOver = document?.faults.some((fault) => fault.offset === offset);
  if (document === null || document.deleted !== null || passedOver || mine.length === 0) return document;
  const record = mine.reduce<Json | undefined>((at, { path, value }) => withValueAt(at, path, value), document.record);
  const { session } = (record ?? {}) as { session?: Json };
  if (session === document.id) return { ...document, record: record as StoredRecord };
  throw new UsageError("SESSION_ID_FIXED", "the id of a session cannot change, not even in imagination", {
    hint: "set another field",
  });
}

function lostSteps(real: readonly RecordStep[], imagined: readonly RecordStep[]): WhatIf["lost"] {
  const faulty = new Set(real.filter(({ fault }) => fault !== undefined).map(({ event }) => event.offset));
  return imagined.flatMap(({ event, fault }) =>
    fault === undefined || faulty.has(event.offset) ? [] : [{ ...setBy(event), why: fault }],
  );
}

function assertEvents(id: string, steps: readonly RecordStep[], offsets: readonly number[]): void {
  if (offsets.length === 0) {
    throw new UsageError("NOTHING_TO_CHANGE", "nothing is imagined to be different", {
      hint: "--skip 42, or --set 42:prState.exists=true",
    });
  }
  const missing = offsets.find((offset) => !steps.some(({ event }) => event.offset === offset));
  if (missing === undefined) return;
  throw new NotFoundError("EVENT_NOT_FOUND", `the event at offset ${missing} is none of session ${id}`, {
    hint: `run: sessiondb session log ${shellWord(id)}`,
  });
}
