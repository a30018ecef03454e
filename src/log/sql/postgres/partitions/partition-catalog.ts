import { IntegrityError, NotFoundError } from "../../../../errors.js";
import type { LogPartition, PartitionState } from "../../../partitions.js";
import type { PgSession } from "../connection/pg-session.js";
import { statement, type Tables } from "../connection/statement.js";
import { countOf, tailOfRow, tailSql } from "../event-rows.js";

/** The trigger that keeps ids and streams of earlier partitions from being there a second time; see partition-guard.ts. */
export const GUARD = "events_no_repeat";

/** The partition that begins at an offset; the first one begins at 1. */
export function partitionName(from: number | null): string {
  return `events_${from ?? 1}`;
}

/** The table of events as the catalogue has it. */
export interface EventsTable {
  /** `r`: one table. `p`: partitions. */
  readonly kind: string;
  /** As an identifier in SQL. */
  readonly owner: string;
  readonly bytes: number;
}

/** @throws NotFoundError LOG_NOT_FOUND */
export async function eventsTable(session: PgSession, tables: Tables, url: string): Promise<EventsTable> {
  const facts = statement(
    `SELECT relkind::text, quote_ident(pg_get_userbyid(relowner)), pg_table_size(oid)::text FROM pg_catalog.pg_class
     WHERE oid = to_regclass($1)`,
  );
  const [row] = await session.rows(facts, [tables.events]);
  if (row === undefined) {
    throw new NotFoundError("LOG_NOT_FOUND", `there is no log at ${url}`, { hint: "check the address" });
  }
  return { kind: String(row[0]), owner: String(row[1]), bytes: Number(row[2]) };
}

/** @throws IntegrityError PARTITIONS_FOREIGN somebody has made partitions of another kind */
export async function readPartitions(session: PgSession, tables: Tables): Promise<readonly LogPartition[]> {
  const rows = statement(
    `SELECT c.relname::text, pg_get_expr(c.relpartbound, c.oid), pg_table_size(c.oid)::text, pg_indexes_size(c.oid)::text,
       (SELECT tgnargs FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = '${GUARD}')
     FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1) AND c.relispartition`,
  );
  const found = (await session.rows(rows, [tables.events])).map(partitionOf);
  return found.sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
}

/** @throws NotFoundError LOG_NOT_FOUND; IntegrityError PARTITIONS_FOREIGN */
export async function readState(session: PgSession, tables: Tables): Promise<PartitionState> {
  const partitions = await readPartitions(session, tables);
  const [tail] = await session.rows(statement(tailSql(tables)));
  return { offset: tailOfRow(tail).offset, partitions };
}

/** The guard has the first offset as its argument, and once that is known the largest id before it. */
function partitionOf([name, bound, bytes, indexBytes, guardArguments]: unknown[]): LogPartition {
  const [from, to] = rangeOf(String(name), String(bound));
  const guard = from === null ? "own" : guardArguments === 2 ? "bound" : "lookup";
  return { name: String(name), from, to, bytes: countOf(bytes), indexBytes: countOf(indexBytes), guard };
}

/** `FOR VALUES FROM ('11') TO (MAXVALUE)`: the upper bound is exclusive there. */
function rangeOf(name: string, bound: string): [from: number | null, to: number | null] {
  const match = /^FOR VALUES FROM \((?:MINVALUE|'(\d+)')\) TO \((?:MAXVALUE|'(\d+)')\)$/.exec(bound);
  if (match === null) throw foreign(name, bound);
  const [, from, beyond] = match;
  return [from === undefined ? null : countOf(from), beyond === undefined ? null : countOf(beyond) - 1];
}

function foreign(name: string, bound: string): IntegrityError {
  return new IntegrityError("PARTITIONS_FOREIGN", `the partition ${name} is none of sessiondb's: ${bound}`, {
    hint: "its table was changed by hand; sessiondb's partitions are ranges of offsets",
  });
}
