import type { ModelTableNames } from "../../read-model/model-tables.js";

/** Beside the words themselves, in the table of counts: no word has this character. */
export const ALL_TEXTS = "#texts";
export const ALL_WORDS = "#words";

/**
 * Words of documents. A text whose words fit into one tsvector is one row; longer ones are several, which are few. `place` is
 * the offset of the event that gave the text, or 0; `size` the number of words in the whole text. Beside them, how many
 * texts hold which word: to count these for each search takes longer than the search.
 */
export function createWords({ words, counts }: ModelTableNames): string[] {
  return [
    `CREATE TABLE ${words} (id text COLLATE "C", part integer, parts integer NOT NULL, place bigint NOT NULL,
      size integer NOT NULL, words tsvector NOT NULL, again tsvector, PRIMARY KEY (id, part))`,
    `CREATE INDEX ON ${words} USING gin (words)`,
    `CREATE INDEX ON ${words} (id) WHERE part = 0 AND parts > 1`,
    `CREATE TABLE ${counts} (name text COLLATE "C" PRIMARY KEY, amount bigint NOT NULL)`,
  ];
}

/** Ids, parts, how many of them, places, sizes, words and words that come again: an empty text where none do. */
export function insertWords(tables: ModelTableNames): string {
  const types = ["text[]", "integer[]", "integer[]", "bigint[]", "integer[]", "text[]", "text[]"];
  const arrays = types.map((type, i) => `$${i + 1}::${type}`).join(", ");
  const insert = `INSERT INTO ${tables.words} (id, part, parts, place, size, words, again)
    SELECT id, part, parts, place, size, words::tsvector, nullif(again, '')::tsvector
    FROM unnest(${arrays}) AS w (id, part, parts, place, size, words, again) RETURNING id, part, size, words`;
  return counted(tables, insert, 1);
}

/** Ids. */
export function deleteWords(tables: ModelTableNames): string {
  const rows = `DELETE FROM ${tables.words} WHERE id = ANY ($1::text[]) RETURNING id, part, size, words`;
  return counted(tables, rows, -1);
}

/** @param change gives the rows that came or went */
function counted({ counts }: ModelTableNames, change: string, sign: 1 | -1): string {
  return `WITH changed AS (${change}),
    held AS (SELECT DISTINCT word COLLATE "C" AS word, id FROM changed, unnest(tsvector_to_array(words)) AS word)
    INSERT INTO ${counts} AS known (name, amount)
      SELECT word, ${sign} * count(*) FROM held GROUP BY word
      UNION ALL SELECT '${ALL_TEXTS}', ${sign} * count(*) FROM changed WHERE part = 0 HAVING count(*) > 0
      UNION ALL SELECT '${ALL_WORDS}', ${sign} * sum(size) FROM changed WHERE part = 0 HAVING count(*) > 0
    ON CONFLICT (name) DO UPDATE SET amount = known.amount + EXCLUDED.amount`;
}
