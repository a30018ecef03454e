import { IntegrityError, InvalidEventError, NotFoundError, RefusedError } from "../errors.js";
import { SealedEvent, storedDataHash } from "./event.js";
import type { Sidecar } from "./sidecar.js";

/** Where the records of redactions stand. Only `redact` writes there; an append to it is refused. */
export const REDACTIONS_STREAM = "store-redactions";
export const REDACTED_TYPE = "store.redacted";

/** In the sidecar: the id of the last record. States that were folded before it are caches of what is no longer there. */
export const REDACTION_EPOCH = "redactions/last";
const SNAPSHOTS = "snapshots/";
/** Behind the id, from before the data goes until the snapshots are gone. */
const BEGUN = "-begun";

/** The data of a record: `ranges` are offsets, first and last, both inclusive, in order and apart from each other. */
export interface RedactionData {
  readonly ranges: readonly (readonly [number, number])[];
  /** What it was about: `event`, `path /title of session-a`, `session-a`. Never what was erased. */
  readonly subject?: string;
}

/** @throws InvalidEventError REDACTION_INVALID nothing is named, or something that is no offset */
export function offsetsToErase(offsets: readonly number[]): number[] {
  const bad = offsets.find((offset) => !Number.isSafeInteger(offset) || offset < 1);
  if (bad !== undefined || offsets.length === 0) {
    const what = bad === undefined ? "no event is named" : `${String(bad)} is no offset`;
    throw new InvalidEventError("REDACTION_INVALID", `${what}; nothing was erased`, "/offsets", {
      hint: "name events by their offsets: sessiondb events list",
    });
  }
  return [...new Set(offsets)].sort((a, b) => a - b);
}

/** `offsets` are sorted, each once. */
export function rangesOf(offsets: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const offset of offsets) {
    const last = ranges.at(-1);
    if (last?.[1] === offset - 1) last[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}

export function isRedaction({ stream, type }: Pick<SealedEvent, "stream" | "type">): boolean {
  return stream === REDACTIONS_STREAM && type === REDACTED_TYPE;
}

/**
 * What the records among these events name: whoever appends a record erases that in the same step, so that no log holds
 * both a record and what it says is gone.
 *
 * @throws IntegrityError EVENT_DAMAGED a record names what it cannot
 */
export function offsetsNamedBy(events: readonly SealedEvent[]): number[] {
  const named = new Set<number>();
  for (const event of events) {
    if (!isRedaction(event)) continue;
    for (const [first, last] of rangesIn(event)) for (let offset = first; offset <= last; offset++) named.add(offset);
  }
  return [...named].sort((a, b) => a - b);
}

function rangesIn(event: SealedEvent): RedactionData["ranges"] {
  const { ranges } = (event.data ?? {}) as { ranges?: unknown };
  const isRange = (range: unknown): range is [number, number] => {
    if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isSafeInteger)) return false;
    return range[0] >= 1 && range[0] <= range[1] && range[1] < event.offset;
  };
  if (Array.isArray(ranges) && ranges.every(isRange)) return ranges;
  throw new IntegrityError("EVENT_DAMAGED", `the record of a redaction at offset ${event.offset} names no events`, {
    offset: event.offset,
    hint: "run: sessiondb verify, and compare with another copy of this log",
  });
}

/** The event without its data and salt: their hash is left, so the chain still verifies. Records stay as they are. */
export function erasedEvent(event: SealedEvent): SealedEvent {
  if (event.redacted || event.stream === REDACTIONS_STREAM) return event;
  return new SealedEvent({ ...event, dataText: null, salt: null, dataHash: storedDataHash(event) });
}

/** @throws RefusedError REDACTION_REFUSED */
export function assertErasable({ stream, offset }: Pick<SealedEvent, "stream" | "offset">): void {
  if (stream !== REDACTIONS_STREAM) return;
  throw new RefusedError("REDACTION_REFUSED", `the event at offset ${offset} records a redaction: it stays`, {
    hint: "name the events that hold the data",
  });
}

/** @throws NotFoundError POINT_OUTSIDE */
export function assertInLog(offsets: readonly number[], tailOffset: number): void {
  const last = offsets.at(-1) ?? 0;
  if (last <= tailOffset) return;
  throw new NotFoundError("POINT_OUTSIDE", `${last} is outside the log, which has offsets 1 to ${tailOffset}`, {
    hint: "nothing was erased; see: sessiondb events list",
  });
}

/**
 * To be called before the data goes. Until {@link endRedaction}, nobody keeps a state: he may have read what is going, or
 * what is left. A crash leaves it so, and whoever writes next ends it.
 */
export async function beginRedaction(sidecar: Sidecar, recordId: string): Promise<void> {
  await sidecar.write(REDACTION_EPOCH, `${recordId}${BEGUN}`);
}

/**
 * Removes all snapshots, which may hold what was erased, where a redaction was begun; else it does nothing. They are caches:
 * the next reader takes new ones. The caller holds the lock of the log, so nobody is at it.
 */
export async function endRedaction(sidecar: Sidecar): Promise<void> {
  const epoch = await redactionEpoch(sidecar);
  if (epoch === null || !isBegun(epoch)) return;
  for (const name of await sidecar.list(SNAPSHOTS)) await sidecar.remove(name);
  await sidecar.write(REDACTION_EPOCH, epoch.slice(0, -BEGUN.length));
}

/** Whether a redaction is under way, or was when it was killed. */
export function isBegun(epoch: string | null): boolean {
  return epoch?.endsWith(BEGUN) ?? false;
}

/** Names the last redaction; null where there was none. Another answer than before: what was folded before is stale. */
export function redactionEpoch(sidecar: Sidecar): Promise<string | null> {
  return sidecar.read(REDACTION_EPOCH);
}

/** Data was erased after an archive file was written, which still holds it. */
export function archiveOutdated(file: string): RefusedError {
  return new RefusedError("ARCHIVE_OUTDATED", `data was erased while ${file} was written, which still holds it`, {
    hint: "remove that file and archive again; nothing was changed",
  });
}

export function redactionUnsupported(url: string): RefusedError {
  return new RefusedError("REDACTION_UNSUPPORTED", `${url} cannot erase data; nothing was changed`, {
    hint: "it was opened to read only, or is of a backend without redaction: migrate it to SQLite, Postgres or JSONL",
  });
}
