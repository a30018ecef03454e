import { type ReadModelShape, shapeKey } from "../../../query/shape.js";
import { viewName } from "../read-model/model-tables.js";
import { viewExtras, viewSelect } from "../read-model/view-sql.js";
import type { PgSession } from "./pg-session.js";
import { POSTGRES_MODELS } from "./postgres-model-dialect.js";
import type { PostgresModelDocuments } from "./postgres-model-documents.js";
import type { PostgresModelRegister } from "./postgres-model-register.js";
import type { Tables } from "./statement.js";

/** The view under which people find the documents of the newest revision of a projection. */
export class PostgresModelViews {
  readonly #tables: Tables;
  readonly #register: PostgresModelRegister;

  constructor(tables: Tables, register: PostgresModelRegister) {
    this.#tables = tables;
    this.#register = register;
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
      const drop = `DROP VIEW ${this.#viewOf(shape)}; `;
      if (!(await this.#attempt(session, drop + this.#viewSql(shape, documents, "CREATE VIEW")))) return;
    }
    for (const older of others) {
      const tables = ["", "_w", "_n"].map((end) => this.#named(`model_${older.model}_g${older.generation}${end}`));
      if (await this.#attempt(session, `DROP TABLE IF EXISTS ${tables.join(", ")}`)) {
        await this.#register.removeLocked(session, older);
      }
    }
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
