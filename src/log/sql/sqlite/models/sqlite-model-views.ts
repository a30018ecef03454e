import type Database from "better-sqlite3";
import type { ReadModelShape } from "../../../../query/shape.js";
import type { ModelRecord } from "../../read-model/model-record.js";
import { modelTableNames, viewName } from "../../read-model/model-tables.js";
import { viewExtras, viewSelect } from "../../read-model/view-sql.js";
import { SQLITE_MODELS } from "./sqlite-model-dialect.js";
import { SqliteModelDocuments } from "./sqlite-model-documents.js";
import type { SqliteModelRegister } from "./sqlite-model-register.js";

/** Which tables of a read model answer, and the view under which people find its documents. */
export class SqliteModelViews {
  readonly #db: Database.Database;
  readonly #register: SqliteModelRegister;

  constructor(db: Database.Database, register: SqliteModelRegister) {
    this.#db = db;
    this.#register = register;
  }

  /** The newest revision has the view; older ones make room. A program that still uses one makes it again for itself. */
  showLocked(shape: ReadModelShape, record: ModelRecord): void {
    const others = this.#register.all().filter(({ name, model }) => name === shape.name && model !== record.model);
    if (others.some(({ revision }) => revision > shape.revision)) return;
    const view = `"${viewName(shape)}"`;
    const { name: table, documents } = modelTableNames(shape, record.generation, "");
    const select = viewSelect(SQLITE_MODELS, shape, documents, "");
    this.#db.exec(`DROP VIEW IF EXISTS ${view}; CREATE VIEW ${view} AS ${select}`);
    for (const sql of viewExtras(SQLITE_MODELS, shape, "", table)) this.#db.exec(sql);
    for (const older of others) {
      const table = `model_${older.model}_g${older.generation}`;
      this.#db.exec(`DROP TABLE IF EXISTS "${table}"; DROP TABLE IF EXISTS "${table}_w"`);
      this.#register.removeLocked(older);
    }
  }

  /** Puts tables that were built in the place of the live ones. All others of the model go: of these, too, this is the end. */
  putInPlaceLocked(shape: ReadModelShape, built: ModelRecord): void {
    const live = this.#register.find(shape, "live");
    if (live !== undefined) this.dropLocked(shape, live);
    this.#register.makeLiveLocked(built);
    for (const left of this.#register.unfinished(shape)) this.dropLocked(shape, left);
    this.showLocked(shape, built);
  }

  dropLocked(shape: ReadModelShape, record: ModelRecord): void {
    new SqliteModelDocuments(this.#db, shape, record.generation).dropLocked();
    this.#register.removeLocked(record);
  }
}
