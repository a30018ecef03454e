import { type ReadModelShape, shapeKey } from "../../../../query/shape.js";
import type { ModelRecord } from "../../read-model/model-record.js";
import { viewName } from "../../read-model/model-tables.js";
import { viewExtras, viewSelect } from "../../read-model/view-sql.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { grantsOf } from "../partitions/table-grants.js";
import { POSTGRES_MODELS } from "./postgres-model-dialect.js";
import { PostgresModelDocuments } from "./postgres-model-documents.js";
import type { PostgresModelRegister } from "./postgres-model-register.js";

/** Of the documents, their words and the counts of these. */
const ENDS = ["", "_w", "_n"];

/** The view under which people find the documents of the newest revision of a projection. */
export class PostgresModelViews {
  readonly #tables: Tables;
  readonly #register: PostgresModelRegister;
  readonly #rights: Statement;

  constructor(tables: Tables, register: PostgresModelRegister) {
    this.#tables = tables;
    this.#register = register;
    const pairs = ENDS.map((end) => `($2 || '${end}', $3 || '${end}')`).join(", ");
    this.#rights = statement(
      `SELECT bool_and(a.relowner = b.relowner AND a.relacl IS NOT DISTINCT FROM b.relacl)
       FROM pg_catalog.pg_namespace AS s
       JOIN pg_catalog.pg_class AS a ON a.relnamespace = s.oid
       JOIN pg_catalog.pg_class AS b ON b.relnamespace = s.oid
       WHERE s.nspname = $1 AND (a.relname::text, b.relname::text) IN (${pairs})`,
    );
  }

  /**
   * Points the view at these tables, and drops those of older revisions, or of other fields. Somebody's own view on top of ours is never
   * dropped: where there is one, the old tables stay with it.
   */
  async showLocked(session: PgSession, shape: ReadModelShape, documents: PostgresModelDocuments): Promise<void> {
    const all = await this.#register.all(session);
    const others = all.filter(({ name, model }) => name === shape.name && model !== shapeKey(shape));
    if (others.some(({ revision }) => revision > shape.revision)) return;
    // One by one: who may not make functions still gets the view.
    for (const sql of viewExtras(POSTGRES_MODELS, shape, this.#tables.schema, documents.name)) {
      await this.#attempt(session, sql);
    }
    if (!(await this.#attempt(session, this.#viewSql(shape, documents, "CREATE OR REPLACE VIEW")))) {
      const grants = await grantsOf(session, this.#viewOf(shape));
      const anew = [`DROP VIEW ${this.#viewOf(shape)}`, this.#viewSql(shape, documents, "CREATE VIEW"), ...grants];
      if (!(await this.#attempt(session, anew.join("; ")))) return;
    }
    for (const older of others) {
      const tables = ENDS.map((end) => this.#named(`model_${older.model}_g${older.generation}${end}`));
      if (await this.#attempt(session, `DROP TABLE IF EXISTS ${tables.join(", ")}`)) {
        await this.#register.removeLocked(session, older);
      }
    }
  }

  /**
   * Puts tables that were built in the place of the live ones, with what others may do with these. All others of the model go: of
   * these, too, this is the end.
   *
   * @throws the driver's error where the live ones cannot be dropped
   */
  async putInPlaceLocked(session: PgSession, shape: ReadModelShape, built: ModelRecord): Promise<void> {
    const live = await this.#register.lock(session, shape, "live");
    if (live !== undefined) await this.#handOnRights(session, shape, live, built);
    await this.#register.makeLiveLocked(session, built);
    await this.showLocked(session, shape, this.#documentsOf(shape, built));
    if (live !== undefined) await this.#documentsOf(shape, live).dropLocked(session);
    for (const left of await this.#register.unfinished(session, shape)) await this.dropLocked(session, shape, left);
  }

  async #handOnRights(session: PgSession, shape: ReadModelShape, from: ModelRecord, to: ModelRecord): Promise<void> {
    const [before, after] = [from, to].map((record) => this.#documentsOf(shape, record).name);
    for (const end of ENDS) {
      const grants = await grantsOf(session, this.#named(`${before}${end}`), this.#named(`${after}${end}`));
      for (const sql of grants) await session.script(sql);
    }
  }

  async dropLocked(session: PgSession, shape: ReadModelShape, record: ModelRecord): Promise<void> {
    await this.#documentsOf(shape, record).dropLocked(session);
    await this.#register.removeLocked(session, record);
  }

  /** Whether the tables of two generations have the same owner and rights: nobody misses one when the other is in its place. */
  async haveSameRights(
    session: PgSession,
    shape: ReadModelShape,
    one: ModelRecord,
    other: ModelRecord,
  ): Promise<boolean> {
    const names = [one, other].map((record) => this.#documentsOf(shape, record).name);
    const [row] = await session.rows(this.#rights, [this.#tables.schema, ...names]);
    return row?.[0] === true;
  }

  #documentsOf(shape: ReadModelShape, { generation }: ModelRecord): PostgresModelDocuments {
    return new PostgresModelDocuments(shape, generation, this.#tables.schema);
  }

  #viewSql(shape: ReadModelShape, { table }: PostgresModelDocuments, create: string): string {
    return `${create} ${this.#viewOf(shape)} AS ${viewSelect(POSTGRES_MODELS, shape, table, `"${this.#tables.schema}".`)}`;
  }

  #viewOf(shape: ReadModelShape): string {
    return this.#named(viewName(shape));
  }

  #named(name: string): string {
    return `"${this.#tables.schema}"."${name}"`;
  }

  /** @returns false where it failed, with nothing of it left; the transaction goes on */
  async #attempt(session: PgSession, sql: string): Promise<boolean> {
    await session.script("SAVEPOINT attempt");
    try {
      await session.script(sql);
      return true;
    } catch {
      // What else the server has against it, the statements that follow will meet as well.
      await session.script("ROLLBACK TO SAVEPOINT attempt");
      return false;
    }
  }
}
