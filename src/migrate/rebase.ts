import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError, RefusedError } from "../errors.js";
import type { EventMeta, SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { appendsOf, eventsOf } from "../log/paging.js";
import type { StreamAppend } from "../log/prepare.js";
import { isRedaction } from "../log/redaction.js";
import type { StreamConflict } from "./migration-plan.js";

export interface Rebased {
  /** Events of the source that were appended behind the target's. */
  readonly appended: number;
  /** Events of the source that an earlier rebase had brought: recognised by their ids, and not doubled. */
  readonly repeated: number;
  /** Offsets in the target of what was appended, inclusive; 0 and 0 where nothing was. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Streams that both sides had changed: their events now stand one side behind the other. */
  readonly conflicts: readonly StreamConflict[];
}

export interface RebaseOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
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
 * `rebase:<offset>:<hash>` of the original, `occurredAt` its time, and `originalSource` what `source` said before. Each
 * append stays one append. The ids make it repeatable: what was brought already is recognised.
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
  for await (const append of appendsOf(source.readAll({ from, to }))) {
    await nextTurn();
    options.signal?.throwIfAborted();
    const { repeated, events: stored, firstOffset, lastOffset } = await target.append(batchOf(append), ACTOR);
    assertSameData(append, stored);
    if (repeated) count.repeated += append.length;
    else {
      count.appended += append.length;
      count.firstOffset ||= firstOffset;
      count.lastOffset = lastOffset;
    }
    options.onProgress?.(count.appended + count.repeated, events);
  }
  return { ...count, conflicts: divergence?.conflicts ?? [] };
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

/** The same for the same event, whatever the address of its log is now: otherwise a repetition would not be recognised. */
function metaOf({ meta, offset, hash, recordedAt }: SealedEvent): EventMeta {
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
