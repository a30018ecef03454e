import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { EventIdReusedError, IntegrityError, RefusedError } from "../errors.js";
import type { EventMeta, SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { appendsOf, eventsOf } from "../log/paging.js";
import type { StreamAppend } from "../log/prepare.js";
import { isRedaction } from "../log/redaction.js";
import type { Tail } from "../log/seal.js";
import type { StreamConflict } from "./migration-plan.js";

export interface Rebased {
  /** Events of the source that were appended behind the target's. */
  readonly appended: number;
  /** Events of the source that a rebase had brought, here or from here to there: recognised by their ids, and not doubled. */
  readonly repeated: number;
  /** Offsets in the target of what was appended, inclusive; 0 and 0 where nothing was. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Streams that both sides had changed, and of which something was appended: it stands behind the target's events. */
  readonly conflicts: readonly StreamConflict[];
}

export interface RebaseOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** The target's tail after each append. */
  readonly onReached?: ((tail: Tail) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the plan of two diverged logs says. */
interface DivergedPlan {
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly divergence?: { readonly conflicts: readonly StreamConflict[] };
}

/**
 * Appends what the source has written since the two parted behind what the target has: new offsets, versions, times and
 * hashes; the same ids, types, actors and data. Where each came from stands in its meta: `source` is
 * `rebase:<offset>:<hash>` of the original, `occurredAt` its time, and `originalSource` what `source` said before; what a
 * rebase had brought to the source keeps the origin that it has. Each append stays one append. The ids make it
 * repeatable, also from there to here: what either side has of the other is recognised.
 *
 * @throws RefusedError REBASE_REDACTED an event whose data was erased cannot be appended anew; nothing was written
 * @throws IntegrityError MIGRATION_MISMATCH what the target holds afterwards is not what was appended
 */
export async function rebase(
  source: EventLog,
  target: EventLog,
  { from, to, events, divergence }: DivergedPlan,
  options: RebaseOptions = {},
): Promise<Rebased> {
  await assertNothingErased(source, from, to);
  const count = { appended: 0, repeated: 0, firstOffset: 0, lastOffset: 0 };
  const changed = new Map<string, number>();
  for await (const append of appendsOf(source.readAll({ from, to }))) {
    await nextTurn();
    options.signal?.throwIfAborted();
    const stored = await bring(target, append);
    const last = stored.at(-1);
    if (last === undefined) count.repeated += append.length;
    else {
      count.appended += append.length;
      count.firstOffset ||= stored[0]?.offset ?? 0;
      count.lastOffset = last.offset;
      for (const { stream } of append) changed.set(stream, (changed.get(stream) ?? 0) + 1);
      options.onReached?.({ offset: last.offset, hash: last.hash, recordedAt: last.recordedAt });
    }
    options.onProgress?.(count.appended + count.repeated, events);
  }
  return { ...count, conflicts: conflictsIn(changed, divergence?.conflicts ?? []) };
}

/** The source's side is what it has brought now. */
function conflictsIn(changed: ReadonlyMap<string, number>, planned: readonly StreamConflict[]): StreamConflict[] {
  return planned.flatMap((conflict) => {
    const sourceEvents = changed.get(conflict.stream);
    return sourceEvents === undefined ? [] : [{ ...conflict, sourceEvents }];
  });
}

/** @returns what was appended; nothing where it was there already */
async function bring(target: EventLog, append: readonly SealedEvent[]): Promise<readonly SealedEvent[]> {
  try {
    const { repeated, events } = await target.append(batchOf(append), ACTOR);
    if (repeated) return [];
    assertSameData(append, events);
    return events;
  } catch (error) {
    // The log compares what it was given: not so what went from here to there, and comes back with its origin.
    if (error instanceof EventIdReusedError && (await isThere(target, append, error))) return [];
    throw error;
  }
}

async function isThere(target: EventLog, append: readonly SealedEvent[], { eventId, offset }: EventIdReusedError) {
  const from = offset - append.findIndex(({ id }) => id === eventId);
  if (from < 1) return false;
  let at = 0;
  for await (const event of eventsOf(target.readAll({ from, to: from + append.length - 1 }))) {
    if (!isSameOrigin(append[at++] as SealedEvent, event)) return false;
  }
  return at === append.length;
}

/** Both are one event, each perhaps as a rebase has brought it. What the target has erased stays erased. */
function isSameOrigin(ours: SealedEvent, theirs: SealedEvent): boolean {
  return (
    ours.id === theirs.id &&
    ours.stream === theirs.stream &&
    ours.type === theirs.type &&
    ours.actor === theirs.actor &&
    (theirs.redacted || ours.dataText === theirs.dataText) &&
    isDeepStrictEqual(metaOf(ours), metaOf(theirs))
  );
}

/** Every event names its own. */
const ACTOR = { actor: "rebase" };

async function assertNothingErased(source: EventLog, from: number, to: number): Promise<void> {
  for await (const event of eventsOf(source.readAll({ from, to }))) {
    if (isRedaction(event)) throw recordsErasure(source.url, event.offset);
    if (!event.redacted) continue;
    const message = `the data of the event at offset ${event.offset} of ${source.url} was erased: it cannot be appended anew`;
    throw new RefusedError("REBASE_REDACTED", message, { hint: "take --on-conflict source-wins or target-wins" });
  }
}

/** It names offsets of its own log; in another one they are other events. */
function recordsErasure(url: string, offset: number): RefusedError {
  const message = `the event at offset ${offset} of ${url} records that data was erased: it cannot be appended anew`;
  return new RefusedError("REBASE_REDACTED", message, { hint: "take --on-conflict source-wins or target-wins" });
}

function batchOf(append: readonly SealedEvent[]): StreamAppend[] {
  const batch: StreamAppend[] = [];
  for (const event of append) {
    const { id, type, actor, data, stream } = event;
    const moved = { id, type, actor, data, meta: metaOf(event) };
    const last = batch.at(-1);
    if (last?.stream === stream) batch[batch.length - 1] = { ...last, events: [...last.events, moved] };
    else batch.push({ stream, events: [moved] });
  }
  return batch;
}

const ORIGIN = /^rebase:\d+:[0-9a-f]{64}$/;

/** The same for the same event, whatever the address of its log is now: otherwise a repetition would not be recognised. */
function metaOf({ meta, offset, hash, recordedAt }: SealedEvent): EventMeta {
  if (meta.source !== undefined && ORIGIN.test(meta.source)) return meta;
  const original = meta.source === undefined ? {} : { originalSource: meta.source };
  return {
    ...meta,
    ...original,
    occurredAt: meta.occurredAt ?? recordedAt,
    source: `rebase:${offset}:${hash}`,
  };
}

function assertSameData(append: readonly SealedEvent[], stored: readonly SealedEvent[]): void {
  for (const [i, event] of append.entries()) {
    if (stored[i]?.dataText === event.dataText && stored[i]?.id === event.id) continue;
    throw new IntegrityError("MIGRATION_MISMATCH", `the event ${event.id} was not stored as it was`, {
      offset: event.offset,
      hint: "roll the migration back: sessiondb rollback, and check the target with sessiondb verify",
    });
  }
}
