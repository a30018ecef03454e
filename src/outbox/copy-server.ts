import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { copyBatches } from "../migrate/copy-batches.js";
import { hashAt } from "../replay/hash-at.js";
import { emptyCopy, nextFile, type OutboxState } from "./outbox-state.js";
import type { OutboxStore } from "./outbox-store.js";

type Copy = OutboxState["copy"];

/**
 * Copies what the server's log has behind the local copy, and nothing of it counts before it is published. Where the log
 * is no longer the one that the copy is of (it was cut back, or is another one), or the copy lost its end, a new one is
 * begun beside it; the old file stays. The caller holds `replayLock`.
 *
 * @param signal ends it between two batches: what was copied until then is a shorter copy
 */
export async function copyServer(
  server: EventLog,
  store: OutboxStore,
  copy: Copy,
  signal?: AbortSignal,
): Promise<Copy> {
  const askedAt = store.now().toISOString();
  const target = await server.tail();
  const log = await store.log(copy.file);
  const start = await log.tail();
  if (start.offset < copy.offset || (await hashAt(server, start.offset)) !== start.hash) {
    return copyServer(server, store, emptyCopy(nextFile(copy.file)), signal);
  }
  const tail = await copied(server, log, start, target, signal);
  const isComplete = tail.offset >= target.offset;
  return { file: copy.file, ...tail, completeAt: isComplete ? askedAt : copy.completeAt };
}

/** Whether the server's log goes on from where the copy was published. */
export async function isSameHistory(server: EventLog, { offset, hash }: Copy): Promise<boolean> {
  return offset === 0 || (await hashAt(server, offset)) === hash;
}

async function copied(
  server: EventLog,
  log: EventLog,
  start: Tail,
  target: Tail,
  signal: AbortSignal | undefined,
): Promise<Tail> {
  let tail = start;
  if (start.offset >= target.offset) return tail;
  const onBatch = (reached: Tail) => {
    tail = reached;
  };
  try {
    return await copyBatches(server.readAll({ from: start.offset + 1, to: target.offset }), log, start, {
      onBatch,
      signal,
    });
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    return tail;
  }
}
