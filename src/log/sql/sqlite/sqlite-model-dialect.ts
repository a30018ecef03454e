import type { FieldValue } from "../../../query/field-value.js";
import type { SearchTerm } from "../../../query/search-terms.js";
import {
  encodeText,
  type ModelDialect,
  type RankedParts,
  type SqlParameter,
  type SqlText,
} from "../read-model/model-sql.js";

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

/** Its rank is the better the smaller it is. Without conditions FTS5 itself stops at the limit. */
function ranked(sql: SqlText, { documents, words, terms, conditions, limit }: RankedParts): string {
  const match = `${words} MATCH ${sql.param(terms.map(matchOf).join(" AND "), "text")}`;
  if (conditions.length === 0) {
    return `SELECT d.id, d.document, -w.rank AS score FROM
      (SELECT rowid, rank FROM ${words} WHERE ${match} ORDER BY rank LIMIT ${limit}) AS w
      JOIN ${documents} AS d ON d.doc_row = w.rowid ORDER BY w.rank, d.id`;
  }
  // CROSS JOIN: the words come first, and each document is looked up by its row.
  return `SELECT d.id, d.document, -w.rank AS score FROM ${words} AS w CROSS JOIN
      (SELECT * FROM ${documents} WHERE ${conditions.join(" AND ")}) AS d ON d.doc_row = w.rowid
    WHERE ${match} ORDER BY w.rank, d.id LIMIT ${limit}`;
}

/** Words hold neither quotes nor spaces; in quotes none of them is an operator. */
function matchOf({ words, prefix }: SearchTerm): string {
  return `"${words.join(" ")}"${prefix ? " *" : ""}`;
}

function encode(value: FieldValue): SqlParameter {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" ? encodeText(value) : value;
}
