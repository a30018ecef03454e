import type pg from "pg";
import { UsageError } from "../../../errors.js";
import {
  type ForeignColumn,
  type ForeignDatabase,
  type ForeignRow,
  type ForeignTable,
  foreignRowBytes,
  MAX_FOREIGN_PAGE_BYTES,
  MAX_FOREIGN_PAGE_ROWS,
} from "../../foreign-database.js";
import { connectClient } from "../postgres/connection/connect-client.js";
import { translateError } from "../postgres/postgres-errors.js";
import { limitsOf } from "../postgres/postgres-options.js";
import { type PostgresAddress, parseForeignUrl } from "../postgres/postgres-url.js";
import { AS_TEXT, postgresValue } from "./postgres-value.js";

/**
 * One transaction that can write nothing, and in which all statements see one instant; times and names of types are printed in one way.
 * Without row_security a policy that would hide rows is an error: a part must not be taken for the whole.
 */
const BEGIN = `BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SELECT current_setting('timezone') AS zone;
  SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
    set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true), set_config('row_security', 'off', true),
    set_config('quote_all_identifiers', 'off', true),
    set_config('statement_timeout', '60000', true), set_config('lock_timeout', '5000', true)`;

const TABLES = `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (CASE WHEN $1::text IS NULL THEN true ELSE n.nspname = $1 END)
  ORDER BY (n.nspname = ANY (current_schemas(false))) DESC, array_position(current_schemas(false), n.nspname), 1, 2`;

/** Of a domain, the type that it is made of. */
const COLUMNS = `WITH RECURSIVE made (attnum, attname, type, modifier) AS (
    SELECT attnum, attname, atttypid, atttypmod FROM pg_catalog.pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT m.attnum, m.attname, t.typbasetype, t.typtypmod
      FROM made AS m JOIN pg_catalog.pg_type AS t ON t.oid = m.type AND t.typtype = 'd')
  SELECT m.attname, pg_catalog.format_type(m.type, m.modifier)
    FROM made AS m JOIN pg_catalog.pg_type AS t ON t.oid = m.type AND t.typtype <> 'd' ORDER BY m.attnum`;

/** How many rows are asked for while it is not yet known how large they are. */
const FIRST_FETCH = 10;
/** The server's own limit ends a statement first; only a network that has fallen silent takes longer. */
const ANSWER_LIMIT_MS = 61_000;

/** A Postgres database of another program, on one connection in one read-only transaction: fit for a pooler, too. */
export class ForeignPostgres implements ForeignDatabase {
  readonly url: string;
  /** That of the role, of the database or of the server: what the other program had, unless it asked for another one. */
  readonly timeZone: string;
  readonly #address: PostgresAddress;
  readonly #client: pg.Client;
  #cursors = 0;

  private constructor(client: pg.Client, address: PostgresAddress, timeZone: string) {
    this.timeZone = timeZone;
    this.#client = client;
    this.#address = address;
    this.url = address.url;
  }

  /** `?schema=` of the address names the only schema that is looked into. @throws as PostgresLog.open */
  static async open(url: string): Promise<ForeignPostgres> {
    const address = parseForeignUrl(url);
    let client: pg.Client | undefined;
    try {
      client = await connectClient(address, limitsOf({}), { query_timeout: ANSWER_LIMIT_MS, types: AS_TEXT });
      // pg gives one result a statement, which its types do not say.
      const [, zone] = (await client.query(BEGIN)) as unknown as pg.QueryResult<{ zone: string }>[];
      return new ForeignPostgres(client, address, zone?.rows[0]?.zone ?? "UTC");
    } catch (error) {
      await client?.end().catch(() => undefined);
      throw foreignError(error, address.url);
    }
  }

  async tableNames(): Promise<readonly string[]> {
    return (await this.#tables()).map(([schema, name]) => `${schema}.${name}`);
  }

  /**
   * A name without a schema is looked for in the schemas of the search path first, then in the others; in capitals (`"Sessions"`)
   * where it is nowhere as it is written.
   */
  async table(names: readonly string[]): Promise<ForeignTable | undefined> {
    const there = await this.#tables();
    for (const fold of [(text: string) => text, (text: string) => text.toLowerCase()]) {
      for (const name of names.map(fold)) {
        const found = there.find(([schema, table]) => [table, `${schema}.${table}`].map(fold).includes(name));
        if (found !== undefined) return this.#tableAt(found.map(quoted).join("."), found.join("."));
      }
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined); // what was read stands; nothing was written
  }

  async #tables(): Promise<[string, string][]> {
    const schema = this.#address.namesSchema ? this.#address.schema : null;
    return (await this.#rows(TABLES, [schema])).rows as [string, string][];
  }

  async #tableAt(quotedName: string, name: string): Promise<ForeignTable> {
    const { rows } = await this.#rows(COLUMNS, [quotedName]);
    const columns = rows.map(([column, type]) => ({ name: String(column), type: String(type).toLowerCase() }));
    return { name, columns, pages: () => this.#pages(quotedName, columns) };
  }

  async *#pages(
    table: string,
    columns: readonly ForeignColumn[],
  ): AsyncGenerator<readonly ForeignRow[], void, undefined> {
    const cursor = `foreign_rows_${++this.#cursors}`;
    await this.#rows(`DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT * FROM ${table}`);
    let count = FIRST_FETCH;
    for (;;) {
      const { rows, fields } = await this.#rows(`FETCH ${count} FROM ${cursor}`);
      if (rows.length === 0) break;
      const page = rows.map((row) =>
        row.map((value, i) => postgresValue(value as string | null, fields[i]?.dataTypeID ?? 0, columns[i]?.type)),
      );
      const bytes = page.reduce((sum, row) => sum + foreignRowBytes(row), 0);
      yield page;
      count = Math.min(
        MAX_FOREIGN_PAGE_ROWS,
        count * 2,
        Math.ceil((MAX_FOREIGN_PAGE_BYTES * rows.length) / (bytes + 1)),
      );
    }
    await this.#rows(`CLOSE ${cursor}`);
  }

  async #rows(text: string, values: (string | null)[] = []): Promise<pg.QueryArrayResult<unknown[]>> {
    try {
      return await this.#client.query<unknown[]>({ text, values, rowMode: "array" });
    } catch (error) {
      throw foreignError(error, this.url);
    }
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The server's routine that refuses to read what a policy would hide; its code says as much of missing rights. */
const ROW_SECURITY_ROUTINE = "check_enable_rls";

/** Who only reads needs other rights than whoever keeps a log there. */
function foreignError(error: unknown, url: string): unknown {
  const translated = translateError(error, url);
  if (!(translated instanceof UsageError) || translated.code !== "PERMISSION_DENIED") return translated;
  const { message, cause } = translated;
  const hint =
    (error as { routine?: unknown }).routine === ROW_SECURITY_ROUTINE
      ? "a policy would hide rows from this user; name a superuser, or let one say: ALTER ROLE … BYPASSRLS"
      : "let the owner say: GRANT USAGE ON SCHEMA … TO …; GRANT SELECT ON ALL TABLES IN SCHEMA … TO …";
  return new UsageError("PERMISSION_DENIED", message, { hint: `nothing was imported; ${hint}`, cause });
}
