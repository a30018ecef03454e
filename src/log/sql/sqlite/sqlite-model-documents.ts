import type Database from "better-sqlite3";
import type { ParsedQuery } from "../../../query/parse-query.js";
import type { ReadModelShape } from "../../../query/shape.js";
import type { ChangedDocument, FoldedPage, QueueShape, StoredDocument, StoredHits } from "../../read-model-tables.js";
import { createIndexes, fieldColumns, fieldDefinitions } from "../read-model/create-sql.js";
import { fieldValueOf } from "../read-model/decode-value.js";
import { type ModelTableNames, modelTableNames } from "../read-model/model-tables.js";
import { SelectSql } from "../read-model/select-sql.js";
import { SQLITE_MODELS, SqliteText } from "./sqlite-model-dialect.js";

interface Body {
  readonly id: string;
  readonly body: string;
}

/** The tables of one generation of a read model: its documents and, where they are searched, their words. */
export class SqliteModelDocuments {
  readonly #db: Database.Database;
  readonly #shape: ReadModelShape;
  readonly #tables: ModelTableNames;

  constructor(db: Database.Database, shape: ReadModelShape, generation: number) {
    this.#db = db;
    this.#shape = shape;
    this.#tables = modelTableNames(shape, generation, "");
  }

  createLocked(): void {
    const { documents, words } = this.#tables;
    const fields = fieldDefinitions(SQLITE_MODELS, this.#shape).map((definition) => `${definition}, `);
    this.#db.exec(
      `CREATE TABLE ${documents} (doc_row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ${fields.join("")}
        words_hash TEXT NOT NULL, document TEXT NOT NULL) STRICT`,
    );
    for (const index of createIndexes(SQLITE_MODELS, this.#shape, this.#tables)) this.#db.exec(index);
    // Our words hold letters and digits only; the tokenizer splits at the spaces between them and leaves the rest alone.
    if (this.#shape.searchable) {
      this.#db.exec(
        `CREATE VIRTUAL TABLE ${words} USING fts5(words, content='', contentless_delete=1, tokenize='ascii')`,
      );
    }
  }

  dropLocked(): void {
    this.#db.exec(`DROP TABLE IF EXISTS ${this.#tables.documents}; DROP TABLE IF EXISTS ${this.#tables.words}`);
  }

  clearLocked(): void {
    this.dropLocked();
    this.createLocked();
  }

  bodies(ids: readonly string[]): Body[] {
    const wanted = "SELECT value FROM json_each(?)";
    return this.#db
      .prepare(`SELECT id, document AS body FROM ${this.#tables.documents} WHERE id IN (${wanted})`)
      .all(JSON.stringify(ids)) as Body[];
  }

  count(): number {
    return this.#db.prepare(`SELECT count(*) FROM ${this.#tables.documents}`).pluck().get() as number;
  }

  query(query: ParsedQuery, without: readonly string[]): { documents: Body[]; total: number | undefined } {
    const select = (build: (sql: SelectSql, leftOut: string) => string) => {
      const text = new SqliteText();
      const leftOut =
        without.length === 0 ? "0" : `id IN (SELECT value FROM json_each(${text.param(JSON.stringify(without))}))`;
      const statement = build(new SelectSql(SQLITE_MODELS, text, this.#tables, query), leftOut);
      return this.#db.prepare(statement).raw().all(text.bindings) as unknown[][];
    };
    const rows = select((sql, leftOut) => sql.page(leftOut)) as [string, string][];
    const total = query.total ? (select((sql, leftOut) => sql.count(leftOut))[0]?.[0] as number) : undefined;
    return { documents: rows.map(([id, body]) => ({ id, body })), total };
  }

  search(query: ParsedQuery): StoredHits["documents"] {
    const text = new SqliteText();
    const statement = new SelectSql(SQLITE_MODELS, text, this.#tables, query).ranked(
      "events",
      this.#shape.textOffsetField,
    );
    const rows = this.#db.prepare(statement).raw().all(text.bindings) as [string, string, number, string | null][];
    return rows.map(([id, body, score, data]) => ({ id, body, score, data }));
  }

  /** undefined where all that match have newer events. */
  firstFresh(query: ParsedQuery, queue: QueueShape): string | undefined {
    const text = new SqliteText();
    const statement = new SelectSql(SQLITE_MODELS, text, this.#tables, query).firstFresh(queue, "events");
    const row = this.#db.prepare(statement).raw().get(text.bindings) as [string, string] | undefined;
    return row?.[1];
  }

  scan(after: string | null, limit: number): StoredDocument[] {
    const columns = fieldColumns(this.#shape);
    const rows = this.#db
      .prepare(
        `SELECT id, document, words_hash${columns === "" ? "" : `, ${columns}`} FROM ${this.#tables.documents}
         WHERE ${after === null ? "1" : "id > @after"} ORDER BY id LIMIT @limit`,
      )
      .raw()
      .all(after === null ? { limit } : { after, limit }) as unknown[][];
    return rows.map(([id, body, wordsHash, ...values]) => ({
      id: id as string,
      body: body as string,
      wordsHash: wordsHash as string,
      values: this.#shape.fields.map(({ type }, i) => fieldValueOf(type, values[i])),
    }));
  }

  writeLocked({ changed, removed }: FoldedPage): void {
    const { documents, words } = this.#tables;
    const remove = this.#db.prepare(`DELETE FROM ${documents} WHERE id = ? RETURNING doc_row`).pluck();
    const unindex = this.#shape.searchable ? this.#db.prepare(`DELETE FROM ${words} WHERE rowid = ?`) : undefined;
    for (const id of removed) {
      const row = remove.get(id);
      if (row !== undefined) unindex?.run(row);
    }
    const put = this.#putter();
    for (const document of changed) put(document);
  }

  #putter(): (document: ChangedDocument) => void {
    const { documents, words } = this.#tables;
    const names = [...this.#shape.fields.map(({ name }) => `"${name}"`), "words_hash", "document"];
    const known = this.#db.prepare(`SELECT doc_row, words_hash FROM ${documents} WHERE id = ?`).raw();
    const update = this.#db.prepare(
      `UPDATE ${documents} SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE doc_row = ?`,
    );
    const insert = this.#db.prepare(
      `INSERT INTO ${documents} (${names.join(", ")}, id) VALUES (${Array(names.length + 1)
        .fill("?")
        .join(", ")})`,
    );
    const index = this.#shape.searchable
      ? this.#db.prepare(`INSERT OR REPLACE INTO ${words} (rowid, words) VALUES (?, ?)`)
      : undefined;
    return ({ id, body, values, searchText, wordsHash }) => {
      const columns = [...values.map((value) => SQLITE_MODELS.encode(value)), wordsHash, body];
      const [row, hash] = (known.get(id) ?? []) as [number?, string?];
      const written = row === undefined ? insert.run(...columns, id).lastInsertRowid : row;
      if (row !== undefined) update.run(...columns, row);
      if (hash !== wordsHash) index?.run(written, searchText);
    };
  }
}
