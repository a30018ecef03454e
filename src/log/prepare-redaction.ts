import type { SealedEvent } from "./event.js";
import type { RedactRequest } from "./event-log.js";
import { type AppendOptions, type Entropy, type PreparedEvent, prepareAppend, prepareOwnAppend } from "./prepare.js";
import { offsetsToErase, REDACTED_TYPE, REDACTIONS_STREAM, rangesOf } from "./redaction.js";
import type { Scrubber } from "./scrubber.js";
import type { SealOutcome } from "./seal.js";

/** A redaction that was checked: what loses its data, and what is appended in the same step, the record last. */
export interface PreparedRedaction {
  /** Sorted, each once. */
  readonly offsets: readonly number[];
  readonly append: readonly PreparedEvent[];
  readonly recordId: string;
}

/** @throws InvalidEventError, before any lock is taken */
export function prepareRedaction(
  { offsets: named, reason, subject, also = [] }: RedactRequest,
  options: AppendOptions,
  entropy: Entropy,
  scrubber?: Scrubber,
): PreparedRedaction {
  const offsets = offsetsToErase(named);
  const data = { ranges: rangesOf(offsets), ...(subject === undefined ? {} : { subject }) };
  const meta = { schema: 1, ...(reason === undefined ? {} : { reason }) };
  const event = { type: REDACTED_TYPE, data, meta };
  const before = also.length === 0 ? [] : prepareAppend(also, options, entropy, scrubber);
  const [record] = prepareOwnAppend([{ stream: REDACTIONS_STREAM, events: [event] }], options, entropy, scrubber);
  const { id } = record as PreparedEvent; // one event in, one out
  return { offsets, append: [...before, record as PreparedEvent], recordId: id };
}

/** The events of the one append of a redaction. @throws why it was refused */
export function sealedOf(outcomes: readonly SealOutcome[]): readonly SealedEvent[] {
  const [outcome] = outcomes;
  if (outcome === undefined || outcome.kind === "refused") throw outcome?.error;
  return outcome.events;
}
