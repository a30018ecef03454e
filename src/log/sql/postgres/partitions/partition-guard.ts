import pg from "pg";
import type { PgSession } from "../connection/pg-session.js";
import type { Tables } from "../connection/statement.js";
import { GUARD, readPartitions } from "./partition-catalog.js";

/**
 * What the unique indexes of one table see to, across partitions.
 *
 * Offsets need nothing: they are what the table is partitioned by, so the primary key holds over all of it. Nor do
 * versions that somebody has looked up: an append is stored only where the log still ends with the hash that it ended with
 * then. Two things are believed at first, and found wrong by a unique index (AppendViews): that an id that was made just
 * now is new, and that a stream is new whose writer expects it to be. Each partition has such indexes of its own rows; for
 * the rows of earlier partitions there is this trigger, which fails as an index would. So whoever appends needs to know
 * nothing of partitions: older programs that have the log open, COPY, functions.
 *
 * It looks after the row was written, in snapshots of its own: later than the writers' lock was taken, and so at all that
 * the holders before have committed.
 *
 * Arguments: the first offset of the partition; the largest id before it, where all events before it are there. An id above
 * that is no repetition, and the condition of the trigger finds so without a call. Without that argument the largest id is
 * looked for once in a transaction: what lies before the partition does not change while the lock is held. (Looking into ten
 * partitions costs some 100 µs of an append of 300, measured; the condition less than can be told.)
 */
export function guardFunctionSql({ schema, events }: Tables): string {
  return `CREATE OR REPLACE FUNCTION "${schema}".refuse_repeats() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  DECLARE
    first bigint := TG_ARGV[0];
    setting text := 'sessiondb.largest_' || TG_RELID;
    largest text := CASE WHEN TG_NARGS < 2 THEN nullif(current_setting(setting, true), '') ELSE TG_ARGV[1] END;
  BEGIN
    IF largest IS NULL THEN
      SELECT coalesce(max(id), '-') INTO largest FROM ${events} WHERE "offset" < first;
      PERFORM set_config(setting, largest, true);
    END IF;
    -- One question inside of another: a question is made ready for all partitions, even where its first half decides.
    IF NEW.id <= largest COLLATE "C" THEN
      IF EXISTS (SELECT FROM ${events} e WHERE e.id = NEW.id AND e."offset" < first LIMIT 1) THEN
        RAISE EXCEPTION 'the id of event % stands in an earlier partition', NEW."offset"
          USING ERRCODE = 'unique_violation', CONSTRAINT = 'events_id';
      END IF;
    END IF;
    IF NEW.version = 1 THEN
      IF EXISTS (SELECT FROM ${events} e WHERE e.stream = NEW.stream AND e."offset" < first LIMIT 1) THEN
        RAISE EXCEPTION 'the stream of event % begins in an earlier partition', NEW."offset"
          USING ERRCODE = 'unique_violation', CONSTRAINT = 'events_stream_version';
      END IF;
    END IF;
    RETURN NULL;
  END $$`;
}

/** The guard of the partition that begins at `from`. @param largestId of all events before it; undefined where they are not there yet */
export function guardTriggerSql({ schema }: Tables, name: string, from: number, largestId?: string): string {
  const known = largestId === undefined ? undefined : pg.escapeLiteral(largestId);
  const when = known === undefined ? "" : `WHEN (NEW.version = 1 OR NEW.id <= ${known})`;
  const args = [`'${from}'`, ...(known === undefined ? [] : [known])].join(", ");
  return `DROP TRIGGER IF EXISTS ${GUARD} ON "${schema}"."${name}";
    CREATE TRIGGER ${GUARD} AFTER INSERT ON "${schema}"."${name}" FOR EACH ROW ${when}
      EXECUTE FUNCTION "${schema}".refuse_repeats(${args})`;
}

/** A log that is cut back grows again with other ids: what was known of those behind the cut is known no more. */
export async function widenGuardsLocked(session: PgSession, tables: Tables, lastOffset: number): Promise<void> {
  for (const { name, from, guard } of await readPartitions(session, tables)) {
    if (from === null || guard !== "bound" || from <= lastOffset) continue;
    await session.script(guardTriggerSql(tables, name, from));
  }
}
