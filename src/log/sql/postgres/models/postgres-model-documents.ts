import type { FieldValue } from "../../../../query/field-value.js";
import type { ParsedQuery } from "../../../../query/parse-query.js";
import { scoreOfSteps } from "../../../../query/rank.js";
import type { FieldShape, FieldType, ReadModelShape } from "../../../../query/shape.js";
import type { ChangedDocument, FoldedPage, StoredDocument, StoredHits } from "../../../read-model-tables.js";
import { createIndexes, fieldDefinitions } from "../../read-model/create-sql.js";
import { fieldValueOf } from "../../read-model/decode-value.js";
import { type ModelTableNames, modelTableNames } from "../../read-model/model-tables.js";
import { SelectSql } from "../../read-model/select-sql.js";
import type { PgSession, SqlValue } from "../connection/pg-session.js";
import { statement, unnamed } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import { POSTGRES_MODELS, PostgresText } from "./postgres-model-dialect.js";
import { createWords, deleteWords, insertWords } from "./words-tables.js";
import { wordsVectors } from "./words-vector.js";

/** Documents of one statement, by number and by size. */
const MAX_ROWS = 1_000;
const MAX_CHARS = 16 * 1024 * 1024;

/** A value of a document, made of one of `cellOf`. */
const OF_CELL = {
  text: (cell: string) => `substr(nullif(${cell}, ''), 2)`,
  number: (cell: string) => `nullif(${cell}, '')::float8`,
  boolean: (cell: string) => `nullif(${cell}, '')::boolean`,
} as const;

export interface Body {
  readonly id: string;
  readonly body: string;
}

/** The tables of one generation of a read model: its documents and, where they are searched, their words. */
export class PostgresModelDocuments {
  readonly #shape: ReadModelShape;
  readonly #tables: ModelTableNames;

  constructor(shape: ReadModelShape, generation: number, schema: string) {
    this.#shape = shape;
    this.#tables = modelTableNames(shape, generation, `"${schema}".`);
  }

  get table(): string {
    return this.#tables.documents;
  }

  /** The same without schema and quotes. */
  get name(): string {
    return this.#tables.name;
  }

  async createLocked(session: PgSession): Promise<void> {
    const { documents } = this.#tables;
    const fields = fieldDefinitions(POSTGRES_MODELS, this.#shape).map((definition) => `${definition}, `);
    // Tables that nobody has registered are left from a register that was dropped by hand.
    await this.dropLocked(session);
    const sql = [
      `CREATE TABLE ${documents} (id text COLLATE "C" PRIMARY KEY, ${fields.join("")}
        words_hash text NOT NULL, document text NOT NULL)`,
      ...createIndexes(POSTGRES_MODELS, this.#shape, this.#tables),
    ];
    if (this.#shape.searchable) sql.push(...createWords(this.#tables));
    await session.script(sql.join(";\n"));
  }

  async dropLocked(session: PgSession): Promise<void> {
    const { documents, words, counts } = this.#tables;
    await session.script(`DROP TABLE IF EXISTS ${documents}, ${words}, ${counts}`);
  }

  /**
   * Room of rows that were overwritten is used again, and the planner knows how many there are. Not in a transaction. What
   * cannot be done now is done later: others are at it, the role does not own the tables, or they are gone.
   */
  async tidy(session: PgSession): Promise<void> {
    const { documents, words, counts } = this.#tables;
    const tables = this.#shape.searchable ? [documents, words, counts] : [documents];
    const vacuum = `VACUUM (ANALYZE, SKIP_LOCKED, TRUNCATE false) ${tables.join(", ")}`;
    await session.script(vacuum).catch(() => undefined);
  }

  async clearLocked(session: PgSession): Promise<void> {
    const { documents, words, counts } = this.#tables;
    const searched = this.#shape.searchable ? `; DELETE FROM ${words}; DELETE FROM ${counts}` : "";
    await session.script(`DELETE FROM ${documents}${searched}`);
  }

  async bodies(session: PgSession, ids: readonly string[]): Promise<Array<Body & { wordsHash: string }>> {
    const rows = await session.rows(
      statement(`SELECT id, document, words_hash FROM ${this.#tables.documents} WHERE id = ANY ($1::text[])`),
      [ids],
    );
    return rows.map(([id, body, hash]) => ({ id: id as string, body: body as string, wordsHash: hash as string }));
  }

  async query(session: PgSession, query: ParsedQuery, without: readonly string[]): Promise<Body[]> {
    const rows = await this.#select(session, query, without, (sql, leftOut) => sql.page(leftOut));
    return rows.map(([id, body]) => ({ id: id as string, body: body as string }));
  }

  async count(session: PgSession, query: ParsedQuery, without: readonly string[]): Promise<number> {
    const [row] = await this.#select(session, query, without, (sql, leftOut) => sql.count(leftOut));
    return countOf(row?.[0]);
  }

  async search(session: PgSession, query: ParsedQuery, events: string): Promise<StoredHits["documents"]> {
    const rows = await this.#select(session, query, [], (sql) => sql.ranked(events, this.#shape));
    return rows.map(([id, body, steps, data]) => {
      const score = scoreOfSteps(Number(steps));
      return { id: id as string, body: body as string, score, data: data as string | null };
    });
  }

  async scan(session: PgSession, after: string | null, limit: number): Promise<StoredDocument[]> {
    const columns = this.#shape.fields.map(({ name, type }) =>
      type === "number" ? exactly(`"${name}"`) : `"${name}"`,
    );
    const rows = await session.rows(
      statement(
        `SELECT ${["id", "document", "words_hash", ...columns].join(", ")} FROM ${this.#tables.documents}
         WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2::integer`,
      ),
      [after, limit],
    );
    return rows.map(([id, body, wordsHash, ...values]) => ({
      id: id as string,
      body: body as string,
      wordsHash: wordsHash as string,
      values: this.#shape.fields.map(({ type }, i) =>
        fieldValueOf(type, type === "number" ? exact(values[i]) : values[i]),
      ),
    }));
  }

  /** @param hashes of the words that are stored now, by id */
  async writeLocked(
    session: PgSession,
    { changed, removed }: FoldedPage,
    hashes: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { documents } = this.#tables;
    if (removed.length > 0) {
      await session.affected(statement(`DELETE FROM ${documents} WHERE id = ANY ($1::text[])`), [removed]);
    }
    for (const part of partsOf(changed)) await this.#putLocked(session, part);
    if (!this.#shape.searchable) return;
    const reworded = changed.filter(({ id, wordsHash }) => wordsHash !== hashes.get(id));
    await this.#indexLocked(
      session,
      reworded,
      [...removed, ...reworded.map(({ id }) => id)].filter((id) => hashes.has(id)),
    );
  }

  async #putLocked(session: PgSession, changed: readonly ChangedDocument[]): Promise<void> {
    const { fields } = this.#shape;
    const names = [...fields.map(({ name }) => `"${name}"`), "words_hash", "document"];
    const columns: SqlValue[] = [
      changed.map(({ id }) => id),
      changed.map(({ wordsHash }) => wordsHash),
      changed.map(({ body }) => body),
      ...fields.map(({ type }: FieldShape, i) => changed.map(({ values }) => cellOf(type, values[i] ?? null))),
    ];
    const cells = fields.map((_, i) => `f${i}`);
    const values = fields.map(({ type }, i) => OF_CELL[type](`f${i}`));
    const text = `INSERT INTO ${this.#tables.documents} (id, ${names.join(", ")})
      SELECT ${["id", ...values, "words_hash", "document"].join(", ")}
      FROM unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(", ")})
        AS d (${["id", "words_hash", "document", ...cells].join(", ")})
      ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = EXCLUDED.${name}`).join(", ")}`;
    await session.affected(statement(text), columns);
  }

  async #indexLocked(
    session: PgSession,
    reworded: readonly ChangedDocument[],
    stale: readonly string[],
  ): Promise<void> {
    if (stale.length > 0) await session.affected(statement(deleteWords(this.#tables)), [stale]);
    const insert = statement(insertWords(this.#tables));
    for (const part of partsOf(reworded)) {
      const rows = part.flatMap(({ id, searchText, values }) => {
        const { size, parts } = wordsVectors(searchText);
        return parts.map((vector, i) => ({ id, i, parts: parts.length, place: this.#placeOf(values), size, vector }));
      });
      await session.affected(insert, [
        rows.map(({ id }) => id),
        rows.map(({ i }) => i),
        rows.map(({ parts }) => parts),
        rows.map(({ place }) => place),
        rows.map(({ size }) => size),
        rows.map(({ vector }) => vector.words),
        rows.map(({ vector }) => vector.again),
      ]);
    }
  }

  /** Of the event that gave the text; 0 where no field says that. */
  #placeOf(values: ChangedDocument["values"]): number {
    const i = this.#shape.fields.findIndex(({ name }) => name === this.#shape.textOffsetField);
    return Number(values[i] ?? 0);
  }

  #select(
    session: PgSession,
    query: ParsedQuery,
    without: readonly string[],
    build: (sql: SelectSql, leftOut: string) => string,
  ): Promise<unknown[][]> {
    const text = new PostgresText();
    const leftOut =
      without.length === 0
        ? "false"
        : `id IN (SELECT json_array_elements_text(${text.param(JSON.stringify(without), "text")}::json))`;
    const built = build(new SelectSql(POSTGRES_MODELS, text, this.#tables, query), leftOut);
    return session.rows(unnamed(built), text.values);
  }
}

/** An element of an array, without NULL: whether the server takes that for NULL is a setting of its. */
function cellOf(type: FieldType, value: FieldValue): string {
  const encoded = POSTGRES_MODELS.encode(value);
  if (encoded === null) return "";
  return type === "text" ? `=${encoded}` : String(encoded);
}

/** The bits of a number as digits: how many of its decimals are told is a setting (extra_float_digits). */
function exactly(column: string): string {
  return `encode(float8send(${column}), 'hex')`;
}

function exact(bits: unknown): number | null {
  return bits === null ? null : Buffer.from(String(bits), "hex").readDoubleBE();
}

function* partsOf(documents: readonly ChangedDocument[]): Generator<ChangedDocument[], void, undefined> {
  let part: ChangedDocument[] = [];
  let chars = 0;
  for (const document of documents) {
    const size = document.body.length + document.searchText.length;
    if (part.length > 0 && (part.length === MAX_ROWS || chars + size > MAX_CHARS)) {
      yield part;
      [part, chars] = [[], 0];
    }
    part.push(document);
    chars += size;
  }
  if (part.length > 0) yield part;
}
