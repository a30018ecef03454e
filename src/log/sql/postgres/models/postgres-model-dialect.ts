import type { FieldValue } from "../../../../query/field-value.js";
import type { FieldType } from "../../../../query/shape.js";
import type { ViewType } from "../../../../query/view-shape.js";
import { encodeText, type ModelDialect, type SqlParameter, type SqlText } from "../../read-model/model-sql.js";
import { matchOf, ranked } from "./ranked-sql.js";

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
  const safe = `replace(${json}, E'\\\\u0000', E'\\\\ufffd')::json`;
  if (type === "texts") return `ARRAY(SELECT json_array_elements_text(${safe} -> '${member}'))`;
  if (type === "json") return `nullif((${safe} -> '${member}')::jsonb, 'null'::jsonb)`;
  return `(${safe} ->> '${member}')${CASTS[type]}`;
}

function encode(value: FieldValue): SqlParameter {
  if (typeof value === "boolean") return value ? "true" : "false";
  return typeof value === "string" ? encodeText(value) : value;
}
