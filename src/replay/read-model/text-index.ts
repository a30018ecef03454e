import { bm25 } from "../../query/rank.js";
import type { SearchTerm } from "../../query/search-terms.js";

/** Which texts hold a word, and how often. */
interface Postings {
  readonly texts: number[];
  readonly counts: number[];
}

/** A text that a search found. */
export interface FoundText {
  /** What it was added as. */
  readonly key: number;
  readonly score: number;
}

/** Asks for the words of a text again, as searchTextOf makes them: where words must stand side by side, that decides. */
export type ReadWords = (key: number) => Promise<string>;

/**
 * Words of many texts in memory, without the texts: 8 bytes for each different word of a text. Phrases are looked up by
 * their words and then in the texts themselves.
 */
export class TextIndex {
  readonly #postings = new Map<string, Postings>();
  readonly #keys: number[] = [];
  readonly #lengths: number[] = [];
  #words = 0;
  /** In their order, for beginnings of words; made anew after new words. */
  #vocabulary: string[] | undefined;

  /** @param searchText as searchTextOf makes it */
  add(key: number, searchText: string): void {
    const counts = new Map<string, number>();
    let words = 0;
    for (const word of searchText.split(" ")) {
      if (word === "") continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
      words++;
    }
    const text = this.#keys.push(key) - 1;
    this.#lengths.push(words);
    this.#words += words;
    for (const [word, count] of counts) this.#postingsOf(word, text, count);
  }

  /** The texts in which all terms hold. */
  async find(terms: readonly SearchTerm[], readWords: ReadWords): Promise<FoundText[]> {
    const wanted: Map<number, number>[] = [];
    for (const term of terms.filter(({ negated }) => !negated)) {
      const within = smallest(wanted);
      wanted.push(await this.#occurrences(term, within, readWords));
    }
    let texts = wanted.length === 0 ? [...this.#keys.keys()] : [...(smallest(wanted)?.keys() ?? [])];
    texts = texts.filter((text) => wanted.every((counts) => counts.has(text)));
    for (const term of terms.filter(({ negated }) => negated)) {
      const without = await this.#occurrences(term, new Map(texts.map((text) => [text, 0])), readWords);
      texts = texts.filter((text) => !without.has(text));
    }
    return this.#ranked(texts, wanted);
  }

  #ranked(texts: readonly number[], wanted: readonly Map<number, number>[]): FoundText[] {
    const all = { texts: this.#keys.length, words: this.#words };
    const terms = wanted.map((counts) => ({ containing: counts.size }));
    return texts.map((text) => {
      const counts = wanted.map((one) => one.get(text) ?? 0);
      return { key: this.#keys[text] as number, score: bm25(counts, this.#lengths[text] ?? 0, terms, all) };
    });
  }

  /** By text: how often the term stands in it. @param within only these texts matter */
  async #occurrences(
    { words, prefix }: SearchTerm,
    within: ReadonlyMap<number, number> | undefined,
    readWords: ReadWords,
  ): Promise<Map<number, number>> {
    const last = words.length - 1;
    const sets = words.map((word, i) => this.#textsWith(word, prefix && i === last));
    const rarest = sets.reduce((a, b) => (b.size < a.size ? b : a));
    const candidates = [...rarest.keys()].filter(
      (text) => sets.every((set) => set.has(text)) && (within?.has(text) ?? true),
    );
    if (words.length === 1) return new Map(candidates.map((text) => [text, rarest.get(text) as number]));
    const found = new Map<number, number>();
    const phrase = ` ${words.join(" ")}${prefix ? "" : " "}`;
    for (const text of candidates) {
      const count = countOf(await readWords(this.#keys[text] as number), phrase);
      if (count > 0) found.set(text, count);
    }
    return found;
  }

  #textsWith(word: string, prefix: boolean): Map<number, number> {
    const found = new Map<number, number>();
    for (const one of prefix ? this.#wordsFrom(word) : [word]) {
      const { texts = [], counts = [] } = this.#postings.get(one) ?? {};
      for (let i = 0; i < texts.length; i++) {
        const text = texts[i] as number;
        found.set(text, (found.get(text) ?? 0) + (counts[i] as number));
      }
    }
    return found;
  }

  #wordsFrom(beginning: string): string[] {
    this.#vocabulary ??= [...this.#postings.keys()].sort();
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

  #postingsOf(word: string, text: number, count: number): void {
    let postings = this.#postings.get(word);
    if (postings === undefined) {
      postings = { texts: [], counts: [] };
      // A copy: a slice would keep the text that it was cut from.
      this.#postings.set(Buffer.from(word).toString(), postings);
      this.#vocabulary = undefined;
    }
    postings.texts.push(text);
    postings.counts.push(count);
  }
}

function smallest(maps: readonly Map<number, number>[]): Map<number, number> | undefined {
  return maps.reduce<Map<number, number> | undefined>(
    (a, b) => (a === undefined || b.size < a.size ? b : a),
    undefined,
  );
}

/** Overlapping ones, too: two neighbours share the space between them. */
export function countOf(searchText: string, wanted: string): number {
  let count = 0;
  for (let at = searchText.indexOf(wanted); at !== -1; at = searchText.indexOf(wanted, at + 1)) count++;
  return count;
}
