import { type Kysely, sql } from "kysely";
import { IntegrityError } from "../src/errors.js";

/**
 * Postgres: the tail is the last event, and the writers' lock an advisory one. The row that was both cost a fifth of each
 * append. The table goes, so that an older program that still has the log open fails instead of appending beside the
 * new lock. Where the two do not agree somebody has changed the tables by hand, and this row is the proof: it stays.
 *
 * @throws IntegrityError HEAD_MISMATCH
 */
export async function dropHeadOnPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE`.execute(db);
  const { rows } = await sql<{ head: string; tail: string }>`
    SELECT coalesce((SELECT "offset" || ' ' || hash FROM log_head), 'nowhere') AS head,
      coalesce((SELECT "offset" || ' ' || hash FROM events ORDER BY "offset" DESC LIMIT 1), '0 ' || repeat('0', 64)) AS tail`.execute(
    db,
  );
  for (const { head, tail } of rows) if (head !== tail) throw headMismatch(head, tail);
  await sql`DROP TABLE log_head`.execute(db);
}

function headMismatch(head: string, tail: string): IntegrityError {
  return new IntegrityError(
    "HEAD_MISMATCH",
    `the events end at ${tail}, but log_head says ${head}; nothing was changed`,
    {
      hint: "somebody wrote to the tables by hand: restore them from a backup or another copy of this log",
    },
  );
}
