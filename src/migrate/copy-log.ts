import { ChainBreakError, DivergedError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { verifyLog } from "../replay/verify-log.js";
import { copyBatches } from "./copy-batches.js";
import { type Relation, relate, tailAt } from "./relation.js";

export interface CopyProgress {
  readonly phase: "verifying" | "copying";
  /** Events done and events to do, in this phase. */
  readonly done: number;
  readonly total: number;
}

export interface CopyOptions {
  /** Plans and checks, and writes nothing. */
  readonly preview?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyReport {
  readonly relation: Relation;
  /** Events copied, or to be copied in a preview. */
  readonly copied: number;
  /** The target's tail before; cutting back to it undoes the copy. */
  readonly before: Tail;
  /** The target's tail after; in a preview, as it would be. Equal to the source's tail as it was when this began. */
  readonly after: Tail;
}

/**
 * Replays the events of `source` that `target` lacks, as they are: same offsets, times and hashes. Full, incremental and
 * resumed copies are the same thing: it goes on behind the target's tail. The source is only read; its chain is
 * recomputed before the target is touched. Each batch is one atomic append of whole appends, so a copy that was killed
 * leaves a target that is a shorter, valid beginning of the source.
 *
 * @throws IntegrityError the source is damaged; the target was not touched
 * @throws DivergedError the two have different histories, or the target is ahead; nothing was written
 */
export async function copyLog(source: EventLog, target: EventLog, options: CopyOptions = {}): Promise<CopyReport> {
  assertLog(source);
  assertLog(target);
  const relation = await relate(source, target);
  assertContinuable(relation, source, target);
  await assertWhole(source, relation.source.offset, options);
  const before = relation.target;
  const total = relation.source.offset - before.offset;
  if (options.preview !== true && total > 0) {
    const pages = source.readAll({ from: before.offset + 1, to: relation.source.offset });
    const onBatch = ({ offset }: Tail) =>
      options.onProgress?.({ phase: "copying", done: offset - before.offset, total });
    await copyBatches(pages, target, before, { onBatch });
  }
  const after = options.preview === true ? relation.source : await assertSameTail(target, relation.source);
  return { relation, copied: total, before, after };
}

function assertContinuable(relation: Relation, source: EventLog, target: EventLog): void {
  if (relation.kind === "ahead") {
    const more = relation.target.offset - relation.source.offset;
    throw new DivergedError(`${target.url} is ${more} events ahead of ${source.url}`, relation.common, {
      hint: "copy in the other direction",
    });
  }
  if (relation.kind === "diverged") {
    const message = `${source.url} and ${target.url} are the same up to offset ${relation.common} and differ after it`;
    throw new DivergedError(message, relation.common, { hint: "choose another target; nothing was written" });
  }
}

async function assertWhole(source: EventLog, to: number, options: CopyOptions): Promise<void> {
  const onVerified = (done: number) => options.onProgress?.({ phase: "verifying", done, total: to });
  const { fault } = await verifyLog(source, { to, onVerified });
  if (fault !== undefined) throw fault;
}

async function assertSameTail(target: EventLog, expected: Tail): Promise<Tail> {
  const copied = await tailAt(target, expected.offset);
  if (copied.hash !== expected.hash) {
    throw new ChainBreakError(`after the copy the hashes at offset ${expected.offset} differ`, expected.offset);
  }
  return copied;
}
