/** What is known of all texts that are searched. */
export interface TextStatistics {
  readonly texts: number;
  /** Words of all of them together. */
  readonly words: number;
}

/** One word or phrase that was looked for. */
export interface TermStatistics {
  /** Texts that have it. */
  readonly containing: number;
}

/**
 * As FTS5 has them, so that the order of hits is the same: https://www.sqlite.org/fts5.html#the_bm25_function
 * What is computed with them here is computed by SQLite in C, and by Postgres in SQL, in the same order of the same steps.
 */
export const BM25 = { k1: 1.2, b: 0.75, leastWeight: 1e-6 } as const;

/**
 * Scores are compared in steps of 1e-9: logarithms of three programs may differ in their last bit, and hits that fit as well
 * would change places. The shift keeps scores that come out round away from the edge between two steps.
 */
export const SCORE_STEPS = { perUnit: 1e9, shift: 0.37 } as const;

/**
 * How well a text fits: the higher the better. Rare words count more than common ones, many occurrences more than one, and
 * the same in a short text more than in a long one.
 *
 * @param occurrences of each term in this text @param words of this text
 */
export function bm25(
  occurrences: readonly number[],
  words: number,
  terms: readonly TermStatistics[],
  all: TextStatistics,
): number {
  const { k1, b } = BM25;
  const average = all.words / all.texts;
  let score = 0;
  for (const [i, count] of occurrences.entries()) {
    const weight = weightOf(terms[i]?.containing ?? 0, all.texts);
    score += weight * ((count * (k1 + 1)) / (count + k1 * (1 - b + (b * words) / average)));
  }
  return scoreOfSteps(Math.floor(score * SCORE_STEPS.perUnit + SCORE_STEPS.shift));
}

export function scoreOfSteps(steps: number): number {
  return steps / SCORE_STEPS.perUnit;
}

function weightOf(containing: number, texts: number): number {
  const weight = Math.log((texts - containing + 0.5) / (containing + 0.5));
  return weight <= 0 ? BM25.leastWeight : weight;
}
