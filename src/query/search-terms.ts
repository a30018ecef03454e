import { UsageError } from "../errors.js";
import { typeName } from "../log/type-name.js";
import { wordsOf } from "./search-text.js";

export const MAX_SEARCH_CHARS = 1_000;
export const MAX_SEARCH_TERMS = 32;
/** Words of one phrase. */
export const MAX_PHRASE_WORDS = 32;

export interface SearchTerm {
  /** One word, or the words of a phrase in their order. */
  readonly words: readonly string[];
  /** The last word may go on. */
  readonly prefix: boolean;
  /** Must not occur. */
  readonly negated: boolean;
}

/** `-"two words"*`: an optional minus, then a quoted run or one without spaces, then an optional star. */
const TERM = /(-?)(?:"([^"]*)"|([^\s"]+))(\*?)/gu;

/**
 * Understands `word begin* "a phrase" -without`. What holds no letter or digit is passed over; a word with punctuation
 * inside (`auth-refactor`) is a phrase.
 *
 * @throws UsageError QUERY_INVALID nothing is left to look for, or too much
 */
export function parseSearch(text: string): SearchTerm[] {
  assertSearchText(text);
  if (text.length > MAX_SEARCH_CHARS) throw invalid(`a search has at most ${MAX_SEARCH_CHARS} characters`);
  const terms: SearchTerm[] = [];
  for (const [, minus, quoted, bare = "", star] of text.matchAll(TERM)) {
    const words = wordsOf(quoted ?? bare);
    if (words.length === 0) continue;
    if (words.length > MAX_PHRASE_WORDS) throw invalid(`a phrase has at most ${MAX_PHRASE_WORDS} words`);
    terms.push({ words, prefix: star === "*" || bare.endsWith("*"), negated: minus === "-" });
  }
  if (terms.length === 0) throw invalid(`there is no word to search for in ${JSON.stringify(text)}`);
  if (terms.length > MAX_SEARCH_TERMS) throw invalid(`a search has at most ${MAX_SEARCH_TERMS} words and phrases`);
  return terms;
}

/** For who must have words: a query without any finds everything. @throws UsageError QUERY_INVALID */
export function assertSearchText(text: unknown): void {
  if (typeof text === "string") return;
  throw invalid(`a search is a text, not ${typeName(text)}`);
}

/** @param searchText as searchTextOf makes it */
export function matchesTerms(searchText: string, terms: readonly SearchTerm[]): boolean {
  return terms.every(({ words, prefix, negated }) => {
    const wanted = ` ${words.join(" ")}${prefix ? "" : " "}`;
    return searchText.includes(wanted) !== negated;
  });
}

function invalid(message: string): UsageError {
  return new UsageError("QUERY_INVALID", message, {
    hint: 'write words, begin*, "a phrase" or -without',
  });
}
