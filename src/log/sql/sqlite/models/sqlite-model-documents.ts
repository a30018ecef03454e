import type Database from "better-sqlite3";
import type { ParsedQuery } from "../../../../query/parse-query.js";
import { scoreOfSteps } from "../../../../query/rank.js";
import type { ReadModelShape } from "../../../../query/shape.js";
import type {
  ChangedDocument,
  FoldedPage,
  QueueShape,
  StoredDocument,
  StoredHits,
} from "../../../read-model-tables.js";
import { createIndexes, fieldColumns, fieldDefinitions } from "../../read-model/create-sql.js";
import { fieldValueOf } from "../../read-model/decode-value.js";
import { type ModelTableNames, modelTableNames } from "../../read-model/model-tables.js";
import { SelectSql } from "../../read-model/select-sql.js";
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
    // Tables that nobody has registered are left from a register that was dropped by hand.
    this.dropLocked();
    const { documents, words } = this.#tables;
    const fields = fieldDefinitions(SQLITE_MODELS, this.#shape).map((definition) => `${definition}, `);
    this.#db.exec(
      `CREATE TABLE ${documents} (doc_row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ${fields.join("")}
        words_hash TEXT NOT NULL, document TEXT NOT NULL) STRICT`,
    );
    for (const index of createIndexes(SQLITE_MODELS, this.#shape, this.#tables)) this.#db.exec(index);
    // Our words hold letters and digits only; the tokenizer splits at the spaces between them and leaves the rest alone.
    // It keeps the words as well: without them (content='', contentless_delete=1) what is deleted stays in the number of
    // texts that ranks are made of, so the order of hits would depend on what was there before.
    if (this.#shape.searchable) this.#db.exec(`CREATE VIRTUAL TABLE ${words} USING fts5(words, tokenize='ascii')`);
  }

  dropLocked(): void {
    this.#db.exec(`DROP TABLE IF EXISTS ${this.#tables.documents}; DROP TABLE IF EXISTS ${this.#tables.words}`);
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
    const statement = new SelectSql(SQLITE_MODELS, text, this.#tables, query).ranked("events", this.#shape);
    const rows = this.#db.prepare(statement).raw().all(text.bindings) as [string, string, number, string | null][];
    return rows.map(([id, body, steps, data]) => ({ id, body, score: scoreOfSteps(steps), data }));
  }

  /** None where all that match have newer events. */
  firstFresh(query: ParsedQuery, queue: QueueShape): string[] {
    const text = new SqliteText();
    const statement = new SelectSql(SQLITE_MODELS, text, this.#tables, query).firstFresh(queue, "events");
    const rows = this.#db.prepare(statement).raw().all(text.bindings) as [string, string][];
    return rows.map(([, body]) => body);
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
    const { documents } = this.#tables;
    const names = ["doc_row", ...this.#shape.fields.map(({ name }) => `"${name}"`), "words_hash", "document"];
    const known = this.#db.prepare(`SELECT doc_row, words_hash FROM ${documents} WHERE id = ?`).raw();
    const update = this.#db.prepare(
      `UPDATE ${documents} SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`,
    );
    const insert = this.#db.prepare(
      `INSERT INTO ${documents} (${names.join(", ")}, id) VALUES (${Array(names.length + 1)
        .fill("?")
        .join(", ")})`,
    );
    const reindex = this.#reindexer();
    return ({ id, body, values, searchText, wordsHash }) => {
      const [row, hash] = (known.get(id) ?? []) as [number?, string?];
      const place = this.#placeOf(values) ?? row ?? null;
      const columns = [place, ...values.map((value) => SQLITE_MODELS.encode(value)), wordsHash, body, id];
      const written = row === undefined ? insert.run(...columns).lastInsertRowid : place;
      if (row !== undefined) update.run(...columns);
      if (hash !== wordsHash) reindex?.(row, Number(written), searchText);
    };
  }

  /** Takes the words of a document out of the row that it had, and puts them into the one that it has. */
  #reindexer(): ((before: number | undefined, row: number, searchText: string) => void) | undefined {
    if (!this.#shape.searchable) return undefined;
    const { words } = this.#tables;
    const unindex = this.#db.prepare(`DELETE FROM ${words} WHERE rowid = ?`);
    const index = this.#db.prepare(`INSERT INTO ${words} (rowid, words) VALUES (?, ?)`);
    return (before, row, searchText) => {
      if (before !== undefined) unindex.run(before);
      index.run(row, searchText);
    };
  }

  /** The row of a document is the place of its text, where a field says that: so ranked words need no look at documents. */
  #placeOf(values: ChangedDocument["values"]): number | undefined {
    const i = this.#shape.fields.findIndex(({ name }) => name === this.#shape.textOffsetField);
    const place = values[i];
    return typeof place === "number" ? place : undefined;
  }
}
