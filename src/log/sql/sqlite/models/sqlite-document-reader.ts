import type Database from "better-sqlite3";
import { ArchivedError } from "../../../../errors.js";
import { type DocumentQuery, type DocumentRead, MAX_NEWER_EVENTS } from "../../../read-model-tables.js";
import { quoted } from "../../read-model/model-sql.js";
import { modelTableNames } from "../../read-model/model-tables.js";
import { isModelGone } from "../sqlite-errors.js";
import type { SqliteReader } from "../sqlite-reader.js";
import type { SqliteModelRegister } from "./sqlite-model-register.js";

/** Single documents out of the tables of read models, each with what its stream has got since. */
export class SqliteDocumentReader {
  readonly #db: Database.Database;
  readonly #reader: SqliteReader;
  readonly #register: SqliteModelRegister;
  /** By the name of the table: a rebuild makes another one. */
  readonly #statements = new Map<string, Database.Statement>();
  readonly #atOneInstant: (query: DocumentQuery) => DocumentRead | undefined;

  constructor(db: Database.Database, reader: SqliteReader, register: SqliteModelRegister) {
    this.#db = db;
    this.#reader = reader;
    this.#register = register;
    this.#atOneInstant = db.transaction((query: DocumentQuery) => this.#look(query));
  }

  /** As `readDocument` of EventLog. */
  read(query: DocumentQuery): DocumentRead | undefined {
    try {
      return this.#atOneInstant(query);
    } catch (error) {
      // The tables know nothing of it, so whoever folds the stream says what is missing.
      if (error instanceof ArchivedError || isModelGone(error)) return undefined;
      throw error;
    }
  }

  #look({ shape, id, stream, versionField }: DocumentQuery): DocumentRead | undefined {
    const record = this.#register.find(shape, "live");
    if (record === undefined) return undefined;
    const { offset, hash, fault } = record.state;
    if (fault !== undefined || offset === 0 || this.#reader.hashAt(offset) !== hash) return undefined;
    const { name, documents } = modelTableNames(shape, record.generation, "");
    const statement = this.#statementOf(name, () => {
      return `SELECT document, ${quoted(versionField)} FROM ${documents} WHERE id = ?`;
    });
    const [body, version] = (statement.get(id) as [string, number] | undefined) ?? [null, 0];
    const missing = this.#reader.versionOf(stream) - version;
    if (missing === 0) return body === null ? undefined : { body, version, newer: [] };
    if (missing < 0 || missing > MAX_NEWER_EVENTS) return undefined;
    const { page } = this.#reader.streamBegin(stream, version + 1, version + missing, Number.MAX_SAFE_INTEGER);
    // Few events may be long, and more than a page.
    return page.length === missing ? { body, version, newer: page } : undefined;
  }

  #statementOf(table: string, sql: () => string): Database.Statement {
    const known = this.#statements.get(table);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql()).raw();
    this.#statements.set(table, statement);
    return statement;
  }
}
