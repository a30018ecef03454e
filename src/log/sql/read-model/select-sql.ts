import type { Condition, Order, ParsedQuery } from "../../../query/parse-query.js";
import type { Place } from "../../../query/query.js";
import type { FieldShape, ReadModelShape } from "../../../query/shape.js";
import type { QueueShape } from "../../read-model-tables.js";
import type { ModelDialect, SqlText } from "./model-sql.js";
import { quoted } from "./model-sql.js";
import type { ModelTableNames } from "./model-tables.js";

/** Longer texts of hits are read one at a time. */
const MAX_HIT_CHARS = 64 * 1024;

/** Builds the statements of one query. What the comparisons mean is said in src/query; here it is said in SQL. */
export class SelectSql {
  readonly #dialect: ModelDialect;
  readonly #sql: SqlText;
  readonly #tables: ModelTableNames;
  readonly #query: ParsedQuery;

  constructor(dialect: ModelDialect, sql: SqlText, tables: ModelTableNames, query: ParsedQuery) {
    this.#dialect = dialect;
    this.#sql = sql;
    this.#tables = tables;
    this.#query = query;
  }

  /** Columns id and document of one page, and one row more. @param without SQL that is true for ids to leave out */
  page(without: string): string {
    return `${this.#ordered(without)} LIMIT ${this.#query.limit + 1}`;
  }

  /** The first rows of which `events` has nothing newer. */
  firstFresh({ streamPrefix, versionField, atOnce }: QueueShape, events: string): string {
    const { documents } = this.#tables;
    const stream = `${this.#sql.param(streamPrefix, "text")} || ${documents}.id`;
    const known = `${documents}.${quoted(versionField)}`;
    const newer = `SELECT 1 FROM ${events} AS e WHERE e.stream = ${stream} AND e.version > ${known}`;
    return `${this.#ordered(`EXISTS (${newer})`)} LIMIT ${atOnce}`;
  }

  /**
   * Columns id, document, steps and data of the best hits, and one row more. The data is that of the event that holds the
   * text, where it is not long; else it is null, and to be read by itself.
   */
  ranked(events: string, { textOffsetField, textInEvent }: ReadModelShape): string {
    const hits = this.#hits(textOffsetField);
    const order = "ORDER BY steps DESC, place DESC, id";
    if (textOffsetField === undefined || textInEvent !== true) {
      return `SELECT id, document, steps, NULL FROM (${hits}) AS h ${order}`;
    }
    const offset = this.#dialect.viewField(`d.${quoted(textOffsetField)}`, "integer");
    const data = `SELECT CASE WHEN length(e.data) <= ${MAX_HIT_CHARS} THEN e.data END
      FROM ${this.#tables.documents} AS d JOIN ${events} AS e ON e."offset" = ${offset} WHERE d.id = h.id`;
    return `SELECT id, document, steps, (${data}) FROM (${hits}) AS h ${order}`;
  }

  #hits(placeField: string | undefined): string {
    const { terms, limit } = this.#query;
    const wanted = terms.filter(({ negated }) => !negated);
    const { documents } = this.#tables;
    if (wanted.length === 0) {
      // Nothing to weigh: where words are only left out, all that is left is as good.
      const conditions = this.#conditions("1 = 0").join(" AND ");
      const place = placeField === undefined ? "0" : quoted(placeField);
      return `SELECT id, document, 0 AS steps, ${place} AS place FROM ${documents} WHERE ${conditions}
        ORDER BY 4 DESC, id LIMIT ${limit + 1}`;
    }
    const conditions = [...this.#fieldConditions(), ...this.#negations()];
    const placed = placeField !== undefined;
    return this.#dialect.ranked(this.#sql, { ...this.#tables, placed, terms: wanted, conditions, limit: limit + 1 });
  }

  count(without: string): string {
    return `SELECT count(*) FROM ${this.#tables.documents} WHERE ${this.#conditions(without).join(" AND ")}`;
  }

  #ordered(without: string): string {
    const { order, after } = this.#query;
    const behind = after === undefined ? [] : [this.#behind(order, after)];
    return `SELECT id, document FROM ${this.#tables.documents}
      WHERE ${[...this.#conditions(without), ...behind].join(" AND ")}
      ORDER BY ${order.map((one) => this.#orderSql(one)).join(", ")}`;
  }

  #conditions(without: string): string[] {
    const sql = this.#fieldConditions();
    const wanted = this.#query.terms.filter(({ negated }) => !negated);
    if (wanted.length > 0) sql.push(this.#dialect.search(this.#sql, this.#tables.words, wanted));
    return [`NOT (${without})`, ...sql, ...this.#negations()];
  }

  #fieldConditions(): string[] {
    return this.#query.conditions.map((condition) => this.#conditionSql(condition));
  }

  #negations(): string[] {
    const unwanted = this.#query.terms.filter(({ negated }) => negated);
    return unwanted.map((term) => `NOT (${this.#dialect.search(this.#sql, this.#tables.words, [term])})`);
  }

  #conditionSql(condition: Condition): string {
    const column = columnOf(condition.field);
    switch (condition.kind) {
      case "among":
        return this.#amongSql(column, condition);
      case "compare":
        return `${column} ${OPERATORS[condition.operator]} ${this.#param(condition.value, condition.field)}`;
      case "startsWith":
        return this.#dialect.startsWith(this.#sql, column, this.#dialect.encode(condition.prefix) as string);
      default:
        throw new TypeError(`unhandled ${condition satisfies never}`);
    }
  }

  #amongSql(column: string, { field, values, negated }: Extract<Condition, { kind: "among" }>): string {
    const present = values.filter((value) => value !== null).map((value) => this.#param(value, field));
    const withNull = present.length < values.length;
    const listed = present.length === 0 ? undefined : `${column} ${negated ? "NOT IN" : "IN"} (${present.join(", ")})`;
    if (negated) {
      if (withNull) return listed === undefined ? `${column} IS NOT NULL` : `(${column} IS NOT NULL AND ${listed})`;
      return listed === undefined ? "1 = 1" : `(${column} IS NULL OR ${listed})`;
    }
    if (withNull) return listed === undefined ? `${column} IS NULL` : `(${column} IS NULL OR ${listed})`;
    return listed ?? "1 = 0";
  }

  #orderSql({ field, descending }: Order): string {
    const { nullsFirst, nullsLast } = this.#dialect;
    return `${columnOf(field)} ${descending ? `DESC ${nullsLast}` : `ASC ${nullsFirst}`}`;
  }

  /** Behind a place: equal in the first fields, and further in the next one, for each of them. */
  #behind(order: readonly Order[], place: Place): string {
    const values = [...place.values, place.id];
    const ways = order.map((one, i) => {
      const equal = order.slice(0, i).map(({ field }, j) => this.#same(field, values[j] ?? null));
      return [...equal, this.#further(one, values[i] ?? null)].join(" AND ");
    });
    return `((${ways.join(") OR (")}))`;
  }

  #same(field: FieldShape, value: Place["values"][number]): string {
    return value === null ? `${columnOf(field)} IS NULL` : `${columnOf(field)} = ${this.#param(value, field)}`;
  }

  #further({ field, descending }: Order, value: Place["values"][number]): string {
    const column = columnOf(field);
    if (value === null) return descending ? "1 = 0" : `${column} IS NOT NULL`;
    const param = this.#param(value, field);
    return descending ? `(${column} < ${param} OR ${column} IS NULL)` : `${column} > ${param}`;
  }

  #param(value: Place["values"][number], field: FieldShape): string {
    return this.#sql.param(this.#dialect.encode(value), field.type);
  }
}

const OPERATORS = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

/** `id` is the key column; its values are never null. */
function columnOf({ name }: FieldShape): string {
  return quoted(name);
}
