import { REDACTION_EPOCH, REDACTIONS_STREAM } from "../../redaction.js";
import { EMPTY_TAIL } from "../../seal.js";
import type { PgSession } from "./connection/pg-session.js";
import { type Statement, statement, type Tables, unnamed } from "./connection/statement.js";
import { ALLOW_CHANGE } from "./log-lock.js";
import { lockModels } from "./models/postgres-model-transaction.js";

/** What writers ask each other for. */
const REQUESTS = ["append_requests", "claim_requests"];

/** Erases data inside a transaction that takes the log's lock, and all that lies beside the log and may hold it. */
export class PostgresRedaction {
  readonly #tables: Tables;
  readonly #records: Statement;
  readonly #erase: Statement;
  readonly #models: Statement;
  readonly #requests: readonly Statement[];

  constructor(tables: Tables) {
    const { events, models } = tables;
    this.#tables = tables;
    this.#records = statement(
      `SELECT "offset" FROM ${events} WHERE "offset" = ANY ($1::bigint[]) AND stream = '${REDACTIONS_STREAM}' LIMIT 1`,
    );
    // The hash of the data as dataHashOf computes it, by the server: a session's data need not travel to be erased.
    this.#erase = statement(
      `UPDATE ${events} SET data = NULL, salt = NULL,
         data_hash = encode(sha256(convert_to(salt || chr(10) || data, 'UTF8')), 'hex')
       WHERE "offset" = ANY ($1::bigint[]) AND data IS NOT NULL AND stream <> '${REDACTIONS_STREAM}'`,
    );
    // Of who is gone: others have left no data there (migrations/0006-contended-append.ts, 0008-claims.ts).
    this.#requests = REQUESTS.map((table) =>
      statement(
        `UPDATE "${tables.schema}".${table} SET datas = '{}', salts = '{}' WHERE until < clock_timestamp()
           OR ids && ARRAY(SELECT id FROM ${events} WHERE "offset" = ANY ($1::bigint[]))`,
      ),
    );
    // It locks the rows of all models: steps that fold what is erased now have ended, later ones begin anew.
    this.#models = statement(
      `UPDATE ${models} SET "offset" = ${EMPTY_TAIL.offset}, hash = '${EMPTY_TAIL.hash}', fault_offset = NULL,
         fault_why = NULL RETURNING 'model_' || model || '_g' || generation`,
    );
  }

  /** The offset of a record among these; undefined where there is none. */
  async recordAmong(session: PgSession, offsets: readonly number[]): Promise<number | undefined> {
    const [row] = await session.rows(this.#records, [offsets]);
    return row === undefined ? undefined : Number(row[0]);
  }

  /**
   * Read models go before the log's lock is asked for: who takes from a queue holds rows of them while he appends. No step goes
   * on, and no model is made, until the transaction ends.
   */
  async forgetModels(session: PgSession, timeoutMs: number): Promise<void> {
    const { schema } = this.#tables;
    await lockModels(session, schema);
    for (const [table] of await session.rows(this.#models, [], timeoutMs)) {
      // Not TRUNCATE: a reader that began before would see an empty table, and take it for the truth.
      for (const name of await this.#tablesThere(session, String(table))) {
        await session.affected(unnamed(`DELETE FROM "${schema}"."${name}"`), [], timeoutMs);
      }
    }
  }

  /** What forgetModels has left. @returns how many events had data */
  async eraseLocked(session: PgSession, offsets: readonly number[], epoch: string, timeoutMs: number): Promise<number> {
    const { sidecar } = this.#tables;
    await session.script(ALLOW_CHANGE);
    const count = await session.affected(this.#erase, [offsets], timeoutMs);
    for (const requests of this.#requests) await session.affected(requests, [offsets], timeoutMs);
    await session.affected(statement(`DELETE FROM ${sidecar} WHERE starts_with(name, 'snapshots/')`), [], timeoutMs);
    await session.affected(
      statement(
        `INSERT INTO ${sidecar} (name, body) VALUES ('${REDACTION_EPOCH}', $1)
         ON CONFLICT (name) DO UPDATE SET body = EXCLUDED.body`,
      ),
      [epoch],
    );
    return count;
  }

  /** Dead rows still hold it until the server cleans up. Not in a transaction. @throws the driver's errors */
  async vacuum(session: PgSession, timeoutMs: number): Promise<void> {
    const { events, sidecar, schema } = this.#tables;
    const models = await session.rows(
      statement(
        `SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = $1 AND starts_with(tablename::text, 'model_')`,
      ),
      [schema],
    );
    const named = [...REQUESTS, ...models.map(([name]) => String(name))].map((name) => `"${schema}"."${name}"`);
    for (const table of [events, sidecar, ...named]) {
      await session.script(`VACUUM ${table}`, timeoutMs);
    }
  }

  /** What a server keeps whatever its clients do. */
  remains(): string[] {
    const { events, schema } = this.#tables;
    return [
      `dead bytes in the files of the server, until new rows take their place: VACUUM FULL ${events} rewrites them, and holds up everybody meanwhile; the tables model_… of the schema "${schema}" as well`,
      "the server's write-ahead log, its archive, replicas that lag behind, and its backups: as long as they are kept",
    ];
  }

  async #tablesThere(session: PgSession, table: string): Promise<string[]> {
    const rows = await session.rows(
      statement("SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename IN ($2, $3, $4)"),
      [this.#tables.schema, table, `${table}_w`, `${table}_n`],
    );
    return rows.map(([name]) => String(name));
  }
}
