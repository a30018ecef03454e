import { NotFoundError, RefusedError, UsageError } from "../errors.js";
import { resolvePoint } from "../inspect/point.js";
import { readTime } from "../inspect/time-text.js";
import type { EventLog } from "../log/event-log.js";
import { MigrationJournal } from "../migrate/journal.js";
import type { MigrationPlan } from "../migrate/migration-plan.js";

export interface Since {
  /** Events behind this offset of the source are meant. */
  readonly offset: number;
  /** What the text was taken to mean, for people. */
  readonly meaning: string;
}

const MIGRATION_ID = /^[0-9a-f]{8}-[0-9a-f-]{1,27}$/i;
/** The beginning of one; `123456d` is a time all the same, and digits alone are an offset. */
const BEGINNING = /^[0-9a-f]{6,8}-?$/i;
const IN_LOG = /^(\d{1,15}|head(~\d{1,15})?|mark:.*)$/i;

/**
 * Understands `42`, `HEAD~3` and `mark:NAME` (offsets of the source), `2024-01-01`, `2024-01-01T10:00:00Z` and `2h` (times), the id of
 * a migration into `target` or its first six characters or more, and `last`: the end of the last one that was done.
 *
 * @param target undefined where there is no log yet
 * @throws UsageError POINT_INVALID, MIGRATION_ID_AMBIGUOUS; NotFoundError POINT_OUTSIDE, MARK_NOT_FOUND, MIGRATION_NOT_FOUND
 */
export async function resolveSince(
  source: EventLog,
  target: EventLog | undefined,
  text: string,
  now: Date,
): Promise<Since> {
  if (text.toLowerCase() === "last") return sinceMigration(target, undefined);
  if (MIGRATION_ID.test(text)) return sinceMigration(target, text);
  if (IN_LOG.test(text)) return resolvePoint(source, text, { now });
  const time = readTime(text, now);
  if (time === undefined && BEGINNING.test(text)) return sinceMigration(target, text);
  if (time === undefined) throw noPoint(text);
  // Before the first event nothing had been copied either: then everything is meant.
  return { offset: await source.offsetAt(time), meaning: `as of ${time.toISOString()}` };
}

function noPoint(text: string): UsageError {
  return new UsageError("POINT_INVALID", `${JSON.stringify(text)} is no point in the log, and no migration`, {
    hint: "write an offset (42), HEAD~3, mark:NAME, 2026-01-31T10:00:00Z, 2026-01-31, 2h, the id of a migration, or last",
  });
}

async function sinceMigration(target: EventLog | undefined, id: string | undefined): Promise<Since> {
  if (target === undefined) throw noMigration("there is no log at the target yet");
  const journal = new MigrationJournal(target);
  const entry =
    id === undefined
      ? (await journal.list()).entries.findLast(({ state }) => state === "done")
      : await journal.find(id);
  if (entry?.after == null) throw noMigration(`${target.url} knows no migration that was done`);
  return { offset: entry.after.offset, meaning: `the end of migration ${entry.id}` };
}

function noMigration(why: string): NotFoundError {
  return new NotFoundError("MIGRATION_NOT_FOUND", why, {
    hint: "leave --since out: what the target has is not copied",
  });
}

/**
 * The target goes on behind its own tail, so all that `since` can do wrong is to leave a hole before it.
 *
 * @throws RefusedError SINCE_GAP
 */
export function assertNoGap({ relation, target }: MigrationPlan, since: Since): void {
  if (relation.kind === "diverged" || relation.common >= since.offset) return; // what parted is decided as a whole
  const missing = `${relation.common + 1}..${since.offset}`;
  throw new RefusedError("SINCE_GAP", `${target.url} lacks the events ${missing} before ${since.meaning}`, {
    hint: `leave --since out, or write --since ${relation.common}: that copies them too`,
  });
}
