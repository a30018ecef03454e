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
 * A document whose words fit into one row is found by one look into the index. The words of long texts are spread over
 * several rows: of those documents, which are few, each term may stand in another row, and each is looked up by its key.
 * (One GROUP BY over the rows of all hits took three times as long as finding them: it sorts their words.)
 */
function ranked(sql: SqlText, { documents, words, terms, conditions, limit }: RankedParts): string {
  const matches = terms.map((term) => `(${matchOf(term)})`);
  const all = `${sql.param(matches.join(" & "), "text")}::tsquery`;
  const any = `${sql.param(matches.join(" | "), "text")}::tsquery`;
  const inSome = terms.map((term) => {
    const match = `w.words @@ ${sql.param(matchOf(term), "text")}::tsquery`;
    return `EXISTS (SELECT FROM ${words} AS w WHERE w.id = long.id AND ${match})`;
  });
  const long = `SELECT id FROM ${words} WHERE part = 1`;
  const best = `SELECT max(ts_rank(w.words, ${any})) FROM ${words} AS w WHERE w.id = long.id`;
  const hits = `SELECT id, ts_rank(words, ${all}) AS score FROM ${words}
      WHERE words @@ ${all} AND part = 0 AND id NOT IN (${long})
    UNION ALL SELECT id, (${best}) FROM (${long}) AS long WHERE ${inSome.join(" AND ")}`;
  const order = `ORDER BY score DESC, id LIMIT ${limit}`;
  if (conditions.length === 0) {
    // Only those that are shown are looked up.
    return `SELECT id, document, score FROM (SELECT * FROM (${hits}) AS hits ${order}) AS best
      JOIN ${documents} USING (id) ORDER BY score DESC, id`;
  }
  return `SELECT id, document, score FROM (${hits}) AS hits JOIN ${documents} USING (id)
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
