import type { FieldValue } from "../../../query/field-value.js";
import type { SearchTerm } from "../../../query/search-terms.js";
import type { FieldType } from "../../../query/shape.js";
import type { ViewType } from "../../../query/view-shape.js";
import {
  encodeText,
  type ModelDialect,
  type RankedParts,
  type SqlParameter,
  type SqlText,
} from "../read-model/model-sql.js";

const SQL_TYPES: Readonly<Record<FieldType, string>> = { text: "text", number: "float8", boolean: "boolean" };

/** Values by number: `$1::text`. Typed, because a bare parameter beside NULL or in IN would be guessed at. */
export class PostgresText implements SqlText {
  readonly values: SqlParameter[] = [];

  param(value: SqlParameter, type: FieldType): string {
    return `$${this.values.push(value)}::${SQL_TYPES[type]}`;
  }
}

export const POSTGRES_MODELS: ModelDialect = {
  newText: () => new PostgresText(),
  columnTypes: { text: 'text COLLATE "C"', number: "float8", boolean: "boolean" },
  startsWith: (sql, column, prefix) => `starts_with(${column}, ${sql.param(prefix, "text")})`,
  // Term by term: the words of a long text are spread over several rows.
  search: (sql, words, terms) =>
    terms
      .map((term) => `id IN (SELECT id FROM ${words} WHERE words @@ ${sql.param(matchOf(term), "text")}::tsquery)`)
      .join(" AND "),
  ranked,
  nullsFirst: "NULLS FIRST",
  nullsLast: "NULLS LAST",
  encode,
  viewField: (column, type) => `(${column})${CASTS[type]}`,
  viewMember,
  pick: ({ postgres }) => postgres,
};

const CASTS = { text: "", integer: "::bigint", time: "::timestamptz", json: "::jsonb", texts: "::text[]" } as const;

/** Postgres has no U+0000 in texts: in a view it is shown as U+FFFD. The document itself holds it. */
function viewMember(json: string, member: string, type: ViewType): string {
  const safe = `replace(${json}, '\\u0000', '\\ufffd')::json`;
  if (type === "texts") return `ARRAY(SELECT json_array_elements_text(${safe} -> '${member}'))`;
  if (type === "json") return `nullif((${safe} -> '${member}')::jsonb, 'null'::jsonb)`;
  return `(${safe} ->> '${member}')${CASTS[type]}`;
}

/**
 * A document that fits in one row of its words is found by one look into the index. The words of long texts are spread over
 * several rows: of those documents, which are few, each term may stand in another one.
 */
function ranked(sql: SqlText, { documents, words, terms, conditions, limit }: RankedParts): string {
  const query = `${sql.param(terms.map((term) => `(${matchOf(term)})`).join(" & "), "text")}::tsquery`;
  const inOne = `SELECT id, ts_rank(words, ${query}) AS score FROM ${words} WHERE words @@ ${query}`;
  const inSome = () =>
    terms.map((term) => {
      const match = `w.words @@ ${sql.param(matchOf(term), "text")}::tsquery`;
      return `EXISTS (SELECT FROM ${words} AS w WHERE w.id = long.id AND ${match})`;
    });
  // MATERIALIZED: the few long texts first, each by its key; else the planner goes through the index once for each term.
  const spread = () => `SELECT id, 0::real FROM long WHERE ${inSome().join(" AND ")}`;
  const found = terms.length === 1 ? inOne : `${inOne} UNION ALL ${spread()}`;
  const order = `ORDER BY score DESC, id LIMIT ${limit}`;
  const hits = `WITH long AS MATERIALIZED (SELECT id FROM ${words} WHERE part = 1),
    hits AS (SELECT id, max(score) AS score FROM (${found}) AS found GROUP BY id)`;
  if (conditions.length === 0) {
    // Only those that are shown are looked up.
    return `${hits} SELECT id, document, score FROM (SELECT * FROM hits ${order}) AS best
      JOIN ${documents} USING (id) ORDER BY score DESC, id`;
  }
  return `${hits} SELECT id, document, score FROM hits JOIN ${documents} USING (id)
    WHERE ${conditions.join(" AND ")} ${order}`;
}

/** Words hold neither quotes nor backslashes. */
function matchOf({ words, prefix }: SearchTerm): string {
  const last = words.length - 1;
  return words.map((word, i) => `'${word}'${prefix && i === last ? ":*" : ""}`).join(" <-> ");
}

function encode(value: FieldValue): SqlParameter {
  if (typeof value === "boolean") return value ? "true" : "false";
  return typeof value === "string" ? encodeText(value) : value;
}
