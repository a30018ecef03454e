import type { StoreProbe } from "../../store-probe.js";
import { Connections } from "./connection/connections.js";
import type { PgSession } from "./connection/pg-session.js";
import { OutcomeUnknown, retryTransient } from "./connection/retry.js";
import { statement } from "./connection/statement.js";
import { translateError } from "./postgres-errors.js";
import { limitsOf, type PostgresLogOptions } from "./postgres-options.js";
import { parsePostgresUrl } from "./postgres-url.js";

/** NULL where there is no such table: then the right to create one is what counts. */
const FACTS = statement(
  `WITH place AS (SELECT to_regclass($1 || '.events') AS events, to_regclass($1 || '.log_head') AS head,
     to_regclass($1 || '.sidecar') AS sidecar, to_regnamespace($1) AS schema)
   SELECT coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(events)),
       pg_total_relation_size(events))::text,
     has_table_privilege(events, 'INSERT') AND has_table_privilege(head, 'UPDATE')
       AND has_table_privilege(sidecar, 'INSERT'),
     CASE WHEN schema IS NULL THEN has_database_privilege(current_database(), 'CREATE')
       ELSE has_schema_privilege(schema, 'CREATE') END,
     current_setting('transaction_read_only') = 'on', has_table_privilege(events, 'INSERT')
   FROM place`,
);

/** The free space of a server's disk cannot be asked for by its users. */
export async function probePostgres(url: string, options: PostgresLogOptions): Promise<StoreProbe> {
  const address = parsePostgresUrl(url);
  const limits = limitsOf(options);
  const connections = new Connections(address, limits, 1, undefined, false);
  const attempt = () => connections.reading((session) => probe(session, address.schema));
  try {
    return await retryTransient(limits.readRetryMs, attempt, limits);
  } catch (error) {
    throw translateError(error instanceof OutcomeUnknown ? error.cause : error, address.url);
  } finally {
    await connections.close();
  }
}

async function probe(session: PgSession, schema: string): Promise<StoreProbe> {
  const [row = []] = await session.rows(FACTS, [`"${schema}"`]);
  const [size, mayWrite, mayCreate, readOnly, mayInsert] = row as [
    string | null,
    boolean | null,
    boolean,
    boolean,
    boolean | null,
  ];
  const sizeBytes = Number(size ?? 0);
  const fault = faultOf(schema, mayWrite, mayCreate, readOnly);
  if (fault === undefined) return { sizeBytes };
  return { sizeBytes, writeFault: fault, mayAppend: mayInsert === true && !readOnly };
}

function faultOf(schema: string, mayWrite: boolean | null, mayCreate: boolean, readOnly: boolean): string | undefined {
  if (readOnly) return "the server only reads here";
  if (mayWrite === false) return `this user may not write to the tables of schema "${schema}"`;
  if (mayWrite === null && !mayCreate) return `this user may not create the tables of schema "${schema}"`;
  return undefined;
}
