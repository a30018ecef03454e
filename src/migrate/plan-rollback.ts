import { IntegrityError, UnavailableError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { Tail } from "../log/seal.js";
import { assertCuttable } from "./assert-cuttable.js";
import { shownEvent } from "./divergence.js";
import { MigrationJournal } from "./journal.js";
import { isAlive, type JournalEntry } from "./journal-entry.js";
import type { ShownEvent } from "./migration-plan.js";
import { eventAt, tailAt } from "./relation.js";

/** Events of others that a plan shows; the rest is counted. */
const MAX_SHOWN = 10;

export interface RollbackPlan {
  readonly migration: JournalEntry;
  /** The log that is cut, without a password. The migration names it as it was called then. */
  readonly target: string;
  /** The target's tail now, and the one that it is to have. */
  readonly tail: Tail;
  readonly base: Tail;
  /** Events that would leave the log. */
  readonly events: number;
  /** Of those, the ones that the migration did not write: appended by others since. */
  readonly others: number;
  /** The first ten of them. */
  readonly othersShown: readonly ShownEvent[];
  /** Events that had given way to the source's and come back from their file; null where none had. */
  readonly comesBack: JournalEntry["replaced"];
  /** Whether nothing of the migration is left after it: then its source is thawed and the configuration switched back. */
  readonly whole: boolean;
}

/**
 * What rolling a migration back would cut. Reads only.
 *
 * @param id of the migration, or its beginning
 * @param toOffset cut less: events up to it stay (inclusive); it must end an append
 * @throws NotFoundError MIGRATION_NOT_FOUND; UsageError ROLLBACK_IMPOSSIBLE, ROLLBACK_OFFSET_INVALID;
 *   UnavailableError MIGRATION_RUNNING; IntegrityError ROLLBACK_HISTORY_CHANGED; as assertCuttable
 */
export async function planRollback(
  target: EventLog,
  id: string,
  { toOffset }: { readonly toOffset?: number } = {},
): Promise<RollbackPlan> {
  const journal = new MigrationJournal(target);
  const migration = await journal.find(id);
  assertNoneAtWork((await journal.list()).entries);
  const tail = await target.tail();
  assertPossible(migration, tail);
  const start = wroteNothing(migration) ? tail : await startOf(target, migration);
  const base = toOffset === undefined ? start : await partialBase(target, toOffset, start, tail);
  if (tail.offset > base.offset) await assertCuttable(target, base.offset);
  const whole = base.offset === start.offset;
  const end = await endOf(target, migration, tail);
  const othersFrom = Math.max(end, base.offset) + 1;
  return {
    migration,
    target: target.url,
    tail,
    base,
    events: tail.offset - base.offset,
    others: Math.max(0, tail.offset - othersFrom + 1),
    othersShown: await shown(target, othersFrom),
    comesBack: whole ? migration.replaced : null,
    whole,
  };
}

/** It only switched the configuration: what stands behind it is all of others, and stays. */
function wroteNothing({ before, after, replaced, cutover }: JournalEntry): boolean {
  return replaced === null && !cutover && after !== null && after.offset === before.offset;
}

/** Also another one than is meant: the log would be cut away under it. */
function assertNoneAtWork(entries: readonly JournalEntry[]): void {
  const atWork = entries.find((entry) => isAlive(entry, new Date()));
  if (atWork === undefined) return;
  throw new UnavailableError("MIGRATION_RUNNING", `migration ${atWork.id} is still at work`, {
    hint: "stop it with Ctrl-C, or wait for its end: sessiondb migrate status",
  });
}

function assertPossible(migration: JournalEntry, tail: Tail): void {
  const { id, state, before, replaced } = migration;
  const start = replaced === null ? before.offset : replaced.from - 1;
  if (state !== "rolled-back" && tail.offset >= start) return;
  const why =
    state === "rolled-back"
      ? "was rolled back already"
      : `began behind offset ${start}, and the log ends at ${tail.offset}`;
  throw new UsageError("ROLLBACK_IMPOSSIBLE", `migration ${id} ${why}`, {
    hint: "sessiondb migrate status shows what became of it",
  });
}

/** Where the migration began to write, which must be as it was then. */
async function startOf(target: EventLog, { id, before, replaced }: JournalEntry): Promise<Tail> {
  if (replaced !== null) return tailAt(target, replaced.from - 1);
  const there = await tailAt(target, before.offset);
  if (there.hash === before.hash) return there;
  const message = `at offset ${before.offset} the log is no longer what it was before migration ${id}`;
  throw new IntegrityError("ROLLBACK_HISTORY_CHANGED", message, {
    offset: before.offset,
    hint: "it was cut and written anew since: sessiondb session log and sessiondb migrate list show what is there",
  });
}

/**
 * The last offset that is the migration's own. One that was killed may have come further than it has noted: what it
 * copied was recorded before the migration began, and what others append is recorded later.
 */
async function endOf(target: EventLog, migration: JournalEntry, tail: Tail): Promise<number> {
  const { after, state, reached, planned, before } = migration;
  const known = after ?? (state === "running" ? undefined : reached);
  if (known === undefined) return Math.min(await target.offsetAt(new Date(planned.recordedAt)), planned.offset);
  if (known.offset > tail.offset) return tail.offset;
  // Where the hash is another, somebody has cut and written anew: then nothing here is known to be the migration's.
  return (await tailAt(target, known.offset)).hash === known.hash ? known.offset : before.offset;
}

async function partialBase(target: EventLog, toOffset: number, start: Tail, tail: Tail): Promise<Tail> {
  if (!Number.isSafeInteger(toOffset) || toOffset < start.offset || toOffset > tail.offset) {
    throw invalidOffset(`${toOffset} is not between ${start.offset} and ${tail.offset}`, `name one of them`);
  }
  if (toOffset === 0) return start;
  const { offset, commit, hash, recordedAt } = await eventAt(target, toOffset);
  if (commit === offset) return { offset, hash, recordedAt };
  throw invalidOffset(
    `offset ${toOffset} lies inside an append, which ends at ${commit}`,
    `write --to-offset ${commit}`,
  );
}

function invalidOffset(message: string, hint: string): UsageError {
  return new UsageError("ROLLBACK_OFFSET_INVALID", message, { hint });
}

async function shown(target: EventLog, from: number): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for await (const event of eventsOf(target.readAll({ from, to: from + MAX_SHOWN - 1 })))
    events.push(shownEvent(event));
  return events;
}
