import type { SearchTerm } from "./search-terms.js";
import { wordsOf } from "./search-text.js";

/** A part of a text that shows what was found. */
export interface Snippet {
  /** Begins or ends with `…` where the text goes on. */
  readonly text: string;
  /** Where the words stand that were looked for: [from, to) in UTF-16 units of `text`, in order. */
  readonly marks: ReadonlyArray<readonly [number, number]>;
}

const SNIPPET_CHARS = 240;
const CHARS_BEFORE = 60;
/** A text is looked through in parts of this size: the first one that has a hit will do. */
const PART_CHARS = 64 * 1024;
/** What stands behind the first so many characters of a long text is not looked for. */
const MAX_CHARS = 4 * 1024 * 1024;

const RUN = /[\p{L}\p{N}\p{M}]+/gu;
const ASCII = /^[a-zA-Z0-9]+$/;

interface PlacedWord {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

type Span = readonly [number, number];

/** @param terms those that are negated are nowhere to be shown */
export function snippetOf(text: string, terms: readonly SearchTerm[]): Snippet {
  const wanted = terms.filter(({ negated }) => !negated);
  for (let from = 0; from < Math.min(text.length, MAX_CHARS); from += PART_CHARS) {
    // Parts overlap, so that a word at their edge stands whole in one of them.
    const spans = spansIn(text.slice(from, from + PART_CHARS + SNIPPET_CHARS), wanted);
    const [first] = spans;
    if (first !== undefined)
      return around(
        text,
        spans.map(([a, b]): Span => [a + from, b + from]),
        first[0] + from,
      );
  }
  return around(text, [], 0);
}

/** Where any of the terms stands. */
function spansIn(text: string, terms: readonly SearchTerm[]): Span[] {
  const words = placedWords(text);
  const spans: Span[] = [];
  for (let i = 0; i < words.length; i++) {
    const length = Math.max(0, ...terms.map((term) => (stands(words, i, term) ? term.words.length : 0)));
    if (length > 0) spans.push([(words[i] as PlacedWord).from, (words[i + length - 1] as PlacedWord).to]);
  }
  return merged(spans);
}

function stands(words: readonly PlacedWord[], at: number, { words: wanted, prefix }: SearchTerm): boolean {
  return wanted.every((one, i) => {
    const word = words[at + i]?.word;
    if (word === undefined) return false;
    return prefix && i === wanted.length - 1 ? word.startsWith(one) : word === one;
  });
}

/** The words of a text, as searches have them, with their places. */
function placedWords(text: string): PlacedWord[] {
  const placed: PlacedWord[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (ASCII.test(run)) placed.push({ word: run.toLowerCase(), from: index, to: index + run.length });
    else placed.push(...placedIn(run, index));
  }
  return placed;
}

/** A run without spaces may be several words: then each character is looked at by itself where that gives the same. */
function placedIn(run: string, from: number): PlacedWord[] {
  const words = wordsOf(run);
  if (words.length > 1) {
    const single: PlacedWord[] = [];
    let at = from;
    for (const char of run) {
      for (const word of wordsOf(char)) single.push({ word, from: at, to: at + char.length });
      at += char.length;
    }
    if (single.length === words.length && single.every(({ word }, i) => word === words[i])) return single;
  }
  return words.map((word) => ({ word, from, to: from + run.length }));
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const [from, to] of spans) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  return result;
}

function around(text: string, spans: readonly Span[], first: number): Snippet {
  const start = edge(text, Math.max(0, first - CHARS_BEFORE));
  const end = edge(text, Math.min(text.length, start + SNIPPET_CHARS));
  const [before, after] = [start > 0 ? "…" : "", end < text.length ? "…" : ""];
  const shift = before.length - start;
  const marks = spans
    .filter(([from]) => from >= start && from < end)
    .map(([from, to]): Span => [from + shift, Math.min(to, end) + shift]);
  return { text: before + text.slice(start, end) + after, marks };
}

/** Never in the middle of a surrogate pair. */
function edge(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at;
}
