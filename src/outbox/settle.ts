import { ArchivedError, RefusedError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { copyServer, isSameHistory } from "./copy-server.js";
import { emptyCopy, nextFile } from "./outbox-state.js";
import type { OutboxStore } from "./outbox-store.js";
import { type Replayed, replayQueue } from "./replay-queue.js";

export interface SettleOptions {
  /** Replay into a log that is not the one that was copied: what expects a version of a stream conflicts. */
  readonly force?: boolean;
}

type Pending = Awaited<ReturnType<OutboxStore["pending"]>>;

/**
 * Replays what waits until nothing waits any more, also what others queue meanwhile. What was replayed is copied before it
 * stops waiting, and both become true in one step, so that no reader of this machine misses it in between. The caller holds
 * `replayLock`.
 *
 * @throws RefusedError OUTBOX_OTHER_HISTORY the server's log is not the one that was copied; nothing was sent
 */
export async function settle(
  server: EventLog,
  store: OutboxStore,
  { force = false }: SettleOptions = {},
): Promise<Replayed> {
  const total = { appended: 0, repeated: 0, conflicts: 0 };
  for (;;) {
    const now = await store.pending();
    const last = now.queue.at(-1)?.last;
    if (last === undefined) return total;
    const isSame = await isSameHistory(server, now.state.copy).catch((error) => {
      // What was copied last is archived, and not at hand: nobody can say.
      if (force && error instanceof ArchivedError) return false;
      throw error;
    });
    if (!isSame && !force) throw otherHistory(server, now);
    const conflicts = { log: await store.conflicts(), known: await store.conflicting(), now: store.now };
    const replayed = await replayQueue(server, now.queue, conflicts, isSame);
    total.appended += replayed.appended;
    total.repeated += replayed.repeated;
    total.conflicts += replayed.conflicts;
    await store.publishAnswered(last, await copyAfter(server, store, now, isSame));
  }
}

/** A copy that was never whole is of no use to readers, and need not hold up anybody. */
async function copyAfter(server: EventLog, store: OutboxStore, { state }: Pending, isSame: boolean) {
  if (!isSame) return emptyCopy(nextFile(state.copy.file));
  return state.copy.completeAt === null ? state.copy : copyServer(server, store, state.copy);
}

function otherHistory({ url }: EventLog, { state, queue }: Pending): RefusedError {
  const message = `${url} does not hold event ${state.copy.offset} of the log for which ${queue.length} appends wait: it was cut back, restored, or is another log; nothing was sent`;
  return new RefusedError("OUTBOX_OTHER_HISTORY", message, {
    hint: "look at them: sessiondb outbox list; send them all the same: sessiondb outbox replay --force",
  });
}
