import { NotFoundError, RefusedError } from "../errors.js";
import { resolvePoint, timeOf } from "../inspect/point.js";
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
const IN_LOG = /^(\d{1,15}|head(~\d{1,15})?|mark:.*)$/i;

/**
 * Understands `42`, `HEAD~3` and `mark:NAME` (offsets of the source), `2024-01-01`, `2024-01-01T10:00:00Z` and `2h` (times), the id of
 * a migration into `target`, and `last`: the end of the last one that was done.
 *
 * @param target undefined where there is no log yet
 * @throws UsageError POINT_INVALID; NotFoundError POINT_OUTSIDE, MARK_NOT_FOUND, MIGRATION_NOT_FOUND
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
  const time = timeOf(text, now);
  // Before the first event nothing had been copied either: then everything is meant.
  return { offset: await source.offsetAt(time), meaning: `as of ${time.toISOString()}` };
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
  if (relation.common >= since.offset) return;
  const missing = `${relation.common + 1}..${since.offset}`;
  throw new RefusedError("SINCE_GAP", `${target.url} lacks the events ${missing} before ${since.meaning}`, {
    hint: `leave --since out, or write --since ${relation.common}: that copies them too`,
  });
}
