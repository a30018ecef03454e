import { RefusedError } from "../../../../errors.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { grantsOf } from "./table-grants.js";

/** What belongs to a table by its identity, and would stay behind with it when another one takes its name. */
export interface TableSurroundings {
  /** SQL that takes it away from the old table, which still has its name. */
  readonly take: readonly string[];
  /** SQL that gives it to the table that has the name then. */
  readonly give: readonly string[];
}

/**
 * Rights, triggers (those of a frozen log, and of others, too) and views. Functions name their tables by text and find the
 * new one by themselves.
 *
 * @throws RefusedError PARTITION_BLOCKED something else belongs to the table; the message names it
 */
export async function surroundingsOf(session: PgSession, tables: Tables): Promise<TableSurroundings> {
  const texts = async (asked: Statement) => (await session.rows(asked, [tables.events])).map(([text]) => String(text));
  // Else what the catalogue prints lacks the schemas of names that the search_path happens to reach.
  await session.script("SELECT set_config('search_path', 'pg_catalog', true)");
  const blockers = await texts(BLOCKERS);
  if (blockers.length > 0) throw blocked(tables, blockers);
  const indexes = await texts(INDEXES);
  const triggers = await session.rows(TRIGGERS, [tables.events]);
  return {
    take: [
      ...(await texts(INDEX_NAMES)),
      ...triggers.map(([name]) => `DROP TRIGGER ${String(name)} ON ${tables.events}`),
    ],
    give: [
      ...(await grantsOf(session, tables.events)),
      ...indexes,
      ...triggers.flatMap(([name, definition, state]) => [
        String(definition),
        ...(state === "O" ? [] : [enableSql(tables, String(name), String(state))]),
      ]),
      ...(await texts(VIEWS)),
    ],
  };
}

/** Those of others: an index of the table of all partitions takes that of the old table in, and makes others. */
const INDEXES = statement(
  `SELECT pg_get_indexdef(indexrelid) FROM pg_index
   WHERE indrelid = to_regclass($1) AND NOT indisunique AND NOT indisexclusion ORDER BY indexrelid`,
);

/** Their names are needed for that. */
const INDEX_NAMES = statement(
  `SELECT format('ALTER INDEX %s RENAME TO %I', indexrelid::regclass, left('events_1_' || relname, 63)) FROM pg_index
   JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = to_regclass($1) AND NOT indisunique AND NOT indisexclusion`,
);

const TRIGGERS = statement(
  `SELECT quote_ident(tgname), pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger
   WHERE tgrelid = to_regclass($1) AND NOT tgisinternal ORDER BY tgname`,
);

/** Their own identity, rights and dependants stay as they are: only what they read is said anew. */
const VIEWS = statement(
  `SELECT format('CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass, CASE WHEN v.reloptions IS NULL THEN ''
     ELSE format(' WITH (%s)', array_to_string(v.reloptions, ', ')) END, pg_get_viewdef(v.oid))
   FROM pg_class v WHERE v.relkind = 'v' AND v.oid IN (
     SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass($1))
   ORDER BY v.oid`,
);

/** Whatever depends on the table, but for its own parts and for what is handed over above. */
const BLOCKERS = statement(
  `SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d
   WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass($1)
     AND NOT (d.classid = 'pg_class'::regclass AND EXISTS (
       SELECT FROM pg_class own WHERE own.oid = d.objid AND own.relkind IN ('i', 't')))
     AND NOT (d.classid = 'pg_rewrite'::regclass AND EXISTS (
       SELECT FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class WHERE r.oid = d.objid AND v.relkind = 'v'))
     AND NOT (d.classid = 'pg_constraint'::regclass AND EXISTS (
       SELECT FROM pg_constraint k WHERE k.oid = d.objid AND k.conrelid = d.refobjid AND k.contype <> 'f'))
     AND d.classid NOT IN ('pg_trigger'::regclass, 'pg_type'::regclass, 'pg_attrdef'::regclass)
   UNION ALL
   SELECT 'row level security' FROM pg_class WHERE oid = to_regclass($1) AND relrowsecurity
   UNION ALL
   SELECT 'the unique index ' || indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indexrelid
   WHERE indrelid = to_regclass($1) AND (indisunique OR indisexclusion)
     AND c.relname NOT IN ('events_pkey', 'events_id', 'events_stream_version')
   UNION ALL
   SELECT 'a rule on the table' FROM pg_rewrite WHERE ev_class = to_regclass($1)
   UNION ALL
   SELECT 'the table it inherits from' FROM pg_inherits WHERE inhrelid = to_regclass($1)
   ORDER BY 1`,
);

function enableSql({ events }: Tables, name: string, state: string): string {
  const how = { D: "DISABLE", R: "ENABLE REPLICA", A: "ENABLE ALWAYS" }[state] ?? "ENABLE";
  return `ALTER TABLE ${events} ${how} TRIGGER ${name}`;
}

function blocked(tables: Tables, blockers: readonly string[]): RefusedError {
  const named = blockers.slice(0, 5).join(", ");
  return new RefusedError(
    "PARTITION_BLOCKED",
    `${tables.events} cannot become a partition: ${named}; nothing was changed`,
    {
      hint: "these belong to the table and would stay with its first part: drop them, and make them again afterwards",
    },
  );
}
