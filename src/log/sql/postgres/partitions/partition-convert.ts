import type { Tables } from "../connection/statement.js";
import { partitionName } from "./partition-catalog.js";
import { attachSql, closeToOthersSql, truncateGuardSql } from "./partition-ddl.js";
import { guardFunctionSql } from "./partition-guard.js";
import type { TableSurroundings } from "./table-surroundings.js";

/**
 * Makes the one table of events the first partition of a table that takes its name. No event is copied; the server reads
 * all of them once, to be sure that they belong there. To be run in a transaction that has locked the table.
 *
 * Whoever has prepared a statement for the old table, or waits for it, finds the new one: the server analyses statements
 * anew where a table that they name was changed.
 *
 * @param to last offset of that partition, inclusive
 */
export function convertSql(tables: Tables, owner: string, to: number, { take, give }: TableSurroundings): string {
  const { schema, events } = tables;
  const name = partitionName(null);
  const table = `"${schema}"."${name}"`;
  const index = (old: string, suffix: string) => `ALTER INDEX "${schema}".${old} RENAME TO "${name}_${suffix}"`;
  return [
    ...take,
    `ALTER TABLE ${events} RENAME TO "${name}"`,
    index("events_pkey", "pkey"),
    index("events_id", "id"),
    index("events_stream_version", "stream_version"),
    `CREATE TABLE ${events} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS)
       PARTITION BY RANGE ("offset")`,
    `ALTER TABLE ${events} ADD CONSTRAINT events_pkey PRIMARY KEY ("offset")`,
    `ALTER TABLE ${events} OWNER TO ${owner}`,
    closeToOthersSql(tables, "events", owner),
    closeToOthersSql(tables, name, owner),
    attachSql(tables, name, null, to),
    ...give,
    ...truncateGuardSql(tables, name),
    guardFunctionSql(tables),
    `ALTER FUNCTION "${schema}".refuse_repeats() OWNER TO ${owner}`,
  ].join(";\n");
}
