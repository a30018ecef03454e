import { MAX_PHRASE_WORDS } from "../../../../query/search-terms.js";

/**
 * What a tsvector holds: positions up to 16,383, 255 of them for one word, and 1 MiB in all. A longer text becomes several,
 * which overlap by a phrase, so that no phrase falls between two.
 * (https://www.postgresql.org/docs/current/textsearch-limitations.html)
 */
const MAX_POSITION = 8_000;
const MAX_POSITIONS_OF_A_WORD = 250;
const MAX_CHARS = 128 * 1024;
const OVERLAP = MAX_PHRASE_WORDS - 1;

/** One part of a text, as texts that cast to tsvector. */
export interface WordsVector {
  readonly words: string;
  /** The first of these words, which the part before has as well: what is counted in both is counted once too often. */
  readonly again: string;
}

/** The words of one text; at least one part, which is empty where there are no words. */
export interface WordsVectors {
  readonly size: number;
  readonly parts: readonly WordsVector[];
}

/** @param searchText as searchTextOf makes it */
export function wordsVectors(searchText: string): WordsVectors {
  const words = searchText.split(" ").filter((word) => word !== "");
  const parts: WordsVector[] = [];
  let [from, before] = [0, 0];
  do {
    const end = endOfPart(words, from);
    parts.push({ words: vectorOf(words, from, end), again: before > from ? vectorOf(words, from, before) : "" });
    before = end;
    from = end === words.length ? end : Math.max(from + 1, end - OVERLAP);
  } while (from < words.length);
  return { size: words.length, parts };
}

/** Exclusive. */
function endOfPart(words: readonly string[], from: number): number {
  const counts = new Map<string, number>();
  let chars = 0;
  for (let i = from; i < words.length; i++) {
    const word = words[i] as string;
    const count = (counts.get(word) ?? 0) + 1;
    chars += word.length + 8; // about what its position takes
    if (i - from === MAX_POSITION || count > MAX_POSITIONS_OF_A_WORD || chars > MAX_CHARS) return i;
    counts.set(word, count);
  }
  return words.length;
}

function vectorOf(words: readonly string[], from: number, end: number): string {
  const positions = new Map<string, number[]>();
  for (let i = from; i < end; i++) {
    const word = words[i] as string;
    const known = positions.get(word);
    if (known === undefined) positions.set(word, [i - from + 1]);
    else known.push(i - from + 1);
  }
  return Array.from(positions, ([word, places]) => `'${word}':${places.join(",")}`).join(" ");
}
