import type { Tables } from "../connection/statement.js";
import { partitionName } from "./partition-catalog.js";
import { guardTriggerSql } from "./partition-guard.js";

/** `to` is inclusive, as everywhere but in Postgres. */
function bounds(from: number | null, to: number | null): string {
  return `FOR VALUES FROM (${from ?? "MINVALUE"}) TO (${to === null ? "MAXVALUE" : to + 1})`;
}

export function attachSql({ schema, events }: Tables, name: string, from: number | null, to: number | null): string {
  return `ALTER TABLE ${events} ATTACH PARTITION "${schema}"."${name}" ${bounds(from, to)}`;
}

export function detachSql({ schema, events }: Tables, name: string): string {
  return `ALTER TABLE ${events} DETACH PARTITION "${schema}"."${name}"`;
}

/** A new, empty partition. What the table of all of them cannot have for each is made here: unique indexes, triggers of statements. */
export function createSql(tables: Tables, owner: string, from: number | null, to: number | null): string {
  const { schema, events } = tables;
  const name = partitionName(from);
  const table = `"${schema}"."${name}"`;
  return [
    `CREATE TABLE ${table} PARTITION OF ${events} ${bounds(from, to)}`,
    `CREATE UNIQUE INDEX "${name}_id" ON ${table} (id)`,
    `CREATE UNIQUE INDEX "${name}_stream_version" ON ${table} (stream, version)`,
    `ALTER TABLE ${table} OWNER TO ${owner}`,
    ...truncateGuardSql(tables, name),
    ...(from === null ? [] : [guardTriggerSql(tables, name, from)]),
    closeToOthersSql(tables, name, owner),
  ].join(";\n");
}

/** Truncating one partition asks the triggers of that one only. */
export function truncateGuardSql({ schema }: Tables, name: string): string[] {
  return [
    `CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON "${schema}"."${name}"
       FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".refuse_change()`,
  ];
}

/** Rights are those of the table of all partitions: whoever could write into one of them would pass by its triggers. */
export function closeToOthersSql({ schema }: Tables, name: string, owner: string): string {
  return `DO $$ DECLARE other text; BEGIN
    FOR other IN SELECT DISTINCT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
      FROM pg_catalog.pg_class, aclexplode(relacl)
      WHERE oid = '"${schema}"."${name}"'::regclass AND grantee <> ${quoted(owner)}::regrole LOOP
      EXECUTE format('REVOKE ALL ON TABLE "${schema}"."${name}" FROM %s', other);
    END LOOP; END $$`;
}

function quoted(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}
