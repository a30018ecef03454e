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

/** As FTS5 has them, so that the order of hits is the same: https://www.sqlite.org/fts5.html#the_bm25_function */
const K1 = 1.2;
const B = 0.75;
const LEAST_WEIGHT = 1e-6;

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
  const average = all.texts === 0 ? 1 : Math.max(1, all.words / all.texts);
  let score = 0;
  for (const [i, count] of occurrences.entries()) {
    const { containing } = terms[i] ?? { containing: 0 };
    const weight = Math.max(LEAST_WEIGHT, Math.log((all.texts - containing + 0.5) / (containing + 0.5)));
    score += (weight * count * (K1 + 1)) / (count + K1 * (1 - B + (B * words) / average));
  }
  return score;
}
