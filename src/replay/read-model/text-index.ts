import { bm25 } from "../../query/rank.js";
import type { SearchTerm } from "../../query/search-terms.js";
import { WordPlaces } from "./word-places.js";

/** How often a term stands in a text, by the text. */
type Counts = ReadonlyMap<number, number>;

/**
 * Words of many texts in memory, without the texts: 4 bytes for each word of a text, and 8 more for each different one.
 * Texts stay in it for ever; which of them count is said by whoever asks.
 */
export class TextIndex {
  readonly #places = new Map<string, WordPlaces>();
  /** What each text was added as, and the other way round. */
  readonly #keys: number[] = [];
  readonly #textOf = new Map<number, number>();
  readonly #lengths: number[] = [];
  /** In their order, for beginnings of words; made anew after new words. */
  #vocabulary: string[] | undefined;

  /** @param key another one for each text @param searchText as searchTextOf makes it */
  add(key: number, searchText: string): void {
    const byWord = new Map<string, number[]>();
    let words = 0;
    for (const word of searchText.split(" ")) {
      if (word === "") continue;
      const known = byWord.get(word);
      if (known === undefined) byWord.set(word, [words]);
      else known.push(words);
      words++;
    }
    const text = this.#keys.push(key) - 1;
    this.#textOf.set(key, text);
    this.#lengths.push(words);
    for (const [word, places] of byWord) this.#placesOf(word).add(text, places);
  }

  /**
   * Of the texts that were added as these, those in which all terms hold, and how well: as if there were no others.
   */
  find(terms: readonly SearchTerm[], among: Iterable<number>): Map<number, number> {
    const live = this.#liveOf(among);
    const wanted = terms.filter(({ negated }) => !negated).map((term) => this.#liveCounts(term, live));
    const unwanted = terms.filter(({ negated }) => negated).map((term) => this.#counts(term));
    const first = wanted.reduce<Counts | undefined>((a, b) => (a === undefined || b.size < a.size ? b : a), undefined);
    const found = new Map<number, number>();
    const all = { texts: live.size, words: [...live].reduce((sum, text) => sum + (this.#lengths[text] ?? 0), 0) };
    const statistics = wanted.map((counts) => ({ containing: counts.size }));
    for (const text of first?.keys() ?? live) {
      if (!wanted.every((counts) => counts.has(text)) || unwanted.some((counts) => counts.has(text))) continue;
      const counts = wanted.map((one) => one.get(text) ?? 0);
      found.set(this.#keys[text] as number, bm25(counts, this.#lengths[text] ?? 0, statistics, all));
    }
    return found;
  }

  #liveOf(among: Iterable<number>): ReadonlySet<number> {
    const live = new Set<number>();
    for (const key of among) {
      const text = this.#textOf.get(key);
      if (text !== undefined) live.add(text);
    }
    return live;
  }

  #liveCounts(term: SearchTerm, live: ReadonlySet<number>): Counts {
    const counts = this.#counts(term);
    for (const text of counts.keys()) if (!live.has(text)) counts.delete(text);
    return counts;
  }

  /** In all texts, live or not. */
  #counts({ words, prefix }: SearchTerm): Map<number, number> {
    const last = words.length - 1;
    const ways = words.map((word, i) => this.#placesFrom(word, prefix && i === last));
    return ways.length === 1 ? occurrences(ways[0] ?? []) : phraseOccurrences(ways);
  }

  #placesFrom(word: string, prefix: boolean): WordPlaces[] {
    const words = prefix ? this.#wordsFrom(word) : [word];
    return words.flatMap((one) => this.#places.get(one) ?? []);
  }

  #wordsFrom(beginning: string): string[] {
    this.#vocabulary ??= [...this.#places.keys()].sort();
    const vocabulary = this.#vocabulary;
    let [low, high] = [0, vocabulary.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((vocabulary[middle] as string) < beginning) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (vocabulary[end]?.startsWith(beginning) === true) end++;
    return vocabulary.slice(low, end);
  }

  #placesOf(word: string): WordPlaces {
    let places = this.#places.get(word);
    if (places === undefined) {
      places = new WordPlaces();
      // A copy: a slice would keep the text that it was cut from.
      this.#places.set(Buffer.from(word).toString(), places);
      this.#vocabulary = undefined;
    }
    return places;
  }
}

function occurrences(words: readonly WordPlaces[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const places of words) {
    places.forEach((text, count) => {
      counts.set(text, (counts.get(text) ?? 0) + count);
    });
  }
  return counts;
}

/** @param ways at each place of the phrase: the words that may stand there */
function phraseOccurrences(ways: ReadonlyArray<readonly WordPlaces[]>): Map<number, number> {
  const sizes = ways.map((words) => words.reduce((sum, { size }) => sum + size, 0));
  // The rarest word first: only texts that have it are looked at for the others.
  const order = [...ways.keys()].sort((a, b) => (sizes[a] as number) - (sizes[b] as number));
  let starts: Map<number, Set<number>> | undefined;
  for (const i of order) starts = startsOf(ways[i] ?? [], i, starts);
  const counts = new Map<number, number>();
  for (const [text, places] of starts ?? []) if (places.size > 0) counts.set(text, places.size);
  return counts;
}

/** Where a phrase may begin whose word number `at` is one of these; of places in `within`, where that is given. */
function startsOf(
  words: readonly WordPlaces[],
  at: number,
  within: ReadonlyMap<number, ReadonlySet<number>> | undefined,
): Map<number, Set<number>> {
  const starts = new Map<number, Set<number>>();
  for (const places of words) {
    places.forEach((text, count, placeAt) => {
      const before = within?.get(text);
      if (within !== undefined && before === undefined) return;
      const found = starts.get(text) ?? new Set<number>();
      for (let i = 0; i < count; i++) {
        const start = placeAt(i) - at;
        if (before === undefined || before.has(start)) found.add(start);
      }
      starts.set(text, found);
    });
  }
  return starts;
}

/** Overlapping ones, too: two neighbours share the space between them. */
export function countOf(searchText: string, wanted: string): number {
  let count = 0;
  for (let at = searchText.indexOf(wanted); at !== -1; at = searchText.indexOf(wanted, at + 1)) count++;
  return count;
}
