import { BM25, SCORE_STEPS } from "../../../../query/rank.js";
import type { SearchTerm } from "../../../../query/search-terms.js";
import type { RankedParts, SqlText } from "../../read-model/model-sql.js";
import { ALL_TEXTS, ALL_WORDS } from "./words-tables.js";

/**
 * With all weights 1, ts_rank_cd is the number of places where a word, a beginning or a phrase stands: each is a cover
 * without a gap, and adds 1. That it counts like the other backends is tested (test/collab/same-order.test.ts).
 */
const COUNT = "ts_rank_cd('{1,1,1,1}'::float4[]";

/** One word or phrase of a search, with its place in the statement. */
interface PlacedTerm extends SearchTerm {
  /** Of type tsquery. */
  readonly query: string;
  /** Its word by itself, where it is one whole word. */
  readonly word: string | undefined;
}

/**
 * Ranks as src/query/rank.ts does. A document whose words fit into one row is found by one look into the index. The words
 * of long texts are spread over several rows: of those documents, which are few, each term may stand in another row.
 */
export function ranked(sql: SqlText, parts: RankedParts): string {
  const { documents, placed, conditions, limit } = parts;
  const terms = parts.terms.map((term): PlacedTerm => {
    const [word] = term.words.length === 1 && !term.prefix ? term.words : [];
    const query = `${sql.param(matchOf(term), "text")}::tsquery`;
    return { ...term, query, word: word === undefined ? undefined : sql.param(word, "text") };
  });
  const order = `ORDER BY steps DESC, ${placed ? "place DESC" : "id"} LIMIT ${limit}`;
  const fitting =
    conditions.length === 0 ? "" : `AND id IN (SELECT id FROM ${documents} WHERE ${conditions.join(" AND ")})`;
  // One beginning or phrase alone is counted by finding it.
  const [only] = terms.length === 1 && conditions.length === 0 ? terms : [];
  const isCounted = only !== undefined && only.word === undefined;
  const containing = terms.map((term, i) => {
    return `(${isCounted ? "SELECT count(*) FROM hits" : containingSql(parts, term)})::float8 AS n${i}`;
  });
  const weights = terms.map((_, i) => `${weightSql(`n${i}`)} AS w${i}`);
  return `WITH hits AS ${isCounted ? "MATERIALIZED" : ""} (${hitsSql(sql, parts, terms, fitting)}),
    known AS (SELECT ${amountSql(parts, ALL_TEXTS)} AS texts, ${amountSql(parts, ALL_WORDS)} AS words, ${containing.join(", ")}),
    weights AS MATERIALIZED (SELECT words / texts AS average, ${weights.join(", ")} FROM known),
    best AS (SELECT id, place, ${stepsSql(terms.length)} AS steps FROM hits, weights ${order})
    SELECT id, document, steps::bigint, place FROM best JOIN ${documents} USING (id)`;
}

function hitsSql(sql: SqlText, { words, terms }: RankedParts, placed: readonly PlacedTerm[], fitting: string): string {
  const all = `${sql.param(terms.map((term) => `(${matchOf(term)})`).join(" & "), "text")}::tsquery`;
  const counts = placed.map(({ query }, i) => `${COUNT}, words, ${query})::float8 AS f${i}`);
  const inParts = placed.map(({ query }, i) => {
    const count = `${COUNT}, w.words, ${query}) - coalesce(${COUNT}, w.again, ${query}), 0)`;
    return `(SELECT sum(${count}) FROM ${words} AS w WHERE w.id = long.id AND w.words @@ ${query})::float8 AS f${i}`;
  });
  const long = `SELECT id, place, size, ${inParts.join(", ")} FROM ${words} AS long WHERE part = 0 AND parts > 1 ${fitting}`;
  return `SELECT id, place, size, ${counts.join(", ")} FROM ${words} WHERE words @@ ${all} AND parts = 1 ${fitting}
    UNION ALL SELECT * FROM (${long}) AS long WHERE ${placed.map((_, i) => `f${i} > 0`).join(" AND ")}`;
}

/** How many texts hold a term. */
function containingSql({ words, counts }: RankedParts, { word, query }: PlacedTerm): string {
  if (word !== undefined) return `coalesce((SELECT amount FROM ${counts} WHERE name = ${word}), 0)`;
  return `SELECT count(*) FILTER (WHERE parts = 1) + count(DISTINCT id) FILTER (WHERE parts > 1)
    FROM ${words} WHERE words @@ ${query}`;
}

function amountSql({ counts }: RankedParts, name: string): string {
  return `(SELECT amount FROM ${counts} WHERE name = '${name}')::float8`;
}

function weightSql(containing: string): string {
  const rarity = `ln((texts - ${containing} + 0.5) / (${containing} + 0.5))`;
  return `CASE WHEN ${rarity} <= 0 THEN ${BM25.leastWeight}::float8 ELSE ${rarity} END`;
}

function stepsSql(terms: number): string {
  const { k1, b } = BM25;
  const length = `${k1}::float8 * (${1 - b}::float8 + (${b}::float8 * size) / average)`;
  const scores = Array.from({ length: terms }, (_, i) => {
    return `w${i} * ((f${i} * ${k1 + 1}::float8) / (f${i} + ${length}))`;
  });
  return `floor((${scores.join(" + ")}) * ${SCORE_STEPS.perUnit}::float8 + ${SCORE_STEPS.shift}::float8)`;
}

/** Words hold neither quotes nor backslashes. */
export function matchOf({ words, prefix }: SearchTerm): string {
  const last = words.length - 1;
  return words.map((word, i) => `'${word}'${prefix && i === last ? ":*" : ""}`).join(" <-> ");
}
