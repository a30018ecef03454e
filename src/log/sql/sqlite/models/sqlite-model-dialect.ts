import type { FieldValue } from "../../../../query/field-value.js";
import { SCORE_STEPS } from "../../../../query/rank.js";
import type { SearchTerm } from "../../../../query/search-terms.js";
import {
  encodeText,
  type ModelDialect,
  type RankedParts,
  type SqlParameter,
  type SqlText,
} from "../../read-model/model-sql.js";

/** Values by name, as the driver takes them: `@p0`, `@p1`, … */
export class SqliteText implements SqlText {
  readonly values: SqlParameter[] = [];

  param(value: SqlParameter): string {
    return `@p${this.values.push(value) - 1}`;
  }

  get bindings(): Record<string, SqlParameter> {
    return Object.fromEntries(this.values.map((value, i) => [`p${i}`, value]));
  }
}

export const SQLITE_MODELS: ModelDialect = {
  newText: () => new SqliteText(),
  columnTypes: { text: "TEXT", number: "REAL", boolean: "INTEGER" },
  startsWith: (sql, column, prefix) =>
    // The first half lets an index find the place.
    `(${column} >= ${sql.param(prefix, "text")} AND substr(${column}, 1, ${[...prefix].length}) = ${sql.param(prefix, "text")})`,
  search: (sql, words, terms) =>
    `doc_row IN (SELECT rowid FROM ${words} WHERE ${words} MATCH ${sql.param(terms.map(matchOf).join(" AND "), "text")})`,
  ranked,
  // NULL is the smallest value of SQLite.
  nullsFirst: "",
  nullsLast: "",
  encode,
  viewField: (column, type) => (type === "integer" ? `CAST(${column} AS INTEGER)` : column),
  // `->` gives JSON, `->>` the value itself.
  viewMember: (json, member, type) =>
    type === "json" || type === "texts" ? `nullif(${json} -> '$.${member}', 'null')` : `${json} ->> '$.${member}'`,
  pick: ({ sqlite }) => sqlite,
};

/** FTS5 ranks as src/query/rank.ts does, the better the smaller. A row is the place of its text, where places are known. */
const STEPS = `CAST(${SCORE_STEPS.shift} - rank * ${SCORE_STEPS.perUnit} AS INTEGER)`;

function ranked(sql: SqlText, { documents, words, placed, terms, conditions, limit }: RankedParts): string {
  const match = `${words} MATCH ${sql.param(terms.map(matchOf).join(" AND "), "text")}`;
  const columns = `d.id, d.document, w.steps, ${placed ? "w.rowid" : "0"} AS place`;
  const order = `ORDER BY w.steps DESC, ${placed ? "w.rowid DESC" : "d.id"} LIMIT ${limit}`;
  const hits = `SELECT rowid, ${STEPS} AS steps FROM ${words} WHERE ${match}`;
  if (placed && conditions.length === 0) {
    // Only those that are shown are looked up.
    const best = `SELECT * FROM (${hits}) AS w ${order}`;
    return `SELECT ${columns} FROM (${best}) AS w JOIN ${documents} AS d ON d.doc_row = w.rowid`;
  }
  // CROSS JOIN: the words come first, and each document is looked up by its row.
  const fitting = `SELECT * FROM ${documents} WHERE ${["1", ...conditions].join(" AND ")}`;
  return `SELECT ${columns} FROM (${hits}) AS w CROSS JOIN (${fitting}) AS d ON d.doc_row = w.rowid ${order}`;
}

/** Words hold neither quotes nor spaces; in quotes none of them is an operator. */
function matchOf({ words, prefix }: SearchTerm): string {
  return `"${words.join(" ")}"${prefix ? " *" : ""}`;
}

function encode(value: FieldValue): SqlParameter {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" ? encodeText(value) : value;
}
