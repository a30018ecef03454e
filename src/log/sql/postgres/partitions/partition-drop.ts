import type { PgSession } from "../connection/pg-session.js";
import type { Tables } from "../connection/statement.js";
import { type EventsTable, readPartitions } from "./partition-catalog.js";
import { createSql, detachSql } from "./partition-ddl.js";

/**
 * Drops the partitions that hold nothing but offsets below `offset`, with all their events: for an archive, which has these
 * events in its file, instead of deleting row by row. Room is given back at once, when the transaction commits.
 *
 * To be called inside a transaction that holds the writers' lock, by the owner of the tables. Others that read or append wait
 * until it has ended. What it dropped gets an empty partition in its place, so that a restored archive finds room there. The
 * partition that the log ends in, and where the last one is open all that lie in it, are never dropped.
 *
 * @returns the first offset that may still be there: 1 where nothing was dropped, as in a log that is one table. Events from
 *   there up to `offset` are the caller's to delete.
 */
export async function dropPartitionsBelow(
  session: PgSession,
  tables: Tables,
  { owner }: Pick<EventsTable, "owner">,
  offset: number,
  timeoutMs: number,
): Promise<number> {
  const partitions = await readPartitions(session, tables);
  const below = partitions.filter(({ to }) => to !== null && to < offset);
  const last = below.at(-1)?.to;
  if (last === undefined || last === null) return 1;
  const drops = below.flatMap(({ name }) => [detachSql(tables, name), `DROP TABLE "${tables.schema}"."${name}"`]);
  await session.script([...drops, createSql(tables, owner, null, last)].join(";\n"), timeoutMs);
  return last + 1;
}
