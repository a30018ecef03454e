import { printable } from "../output/escape.js";

export interface Suggestion {
  /** A whole word. */
  readonly value: string;
  readonly description: string;
  /** More has to follow in the same word: `sqlite:`, a folder. */
  readonly goesOn: boolean;
}

/** What may stand at the cursor: words, or names of files, which the shell knows best itself. */
export type Suggestions = readonly Suggestion[] | "files";

export function suggestion(value: string, description = ""): Suggestion {
  return { value, description: printable(description), goesOn: /[:/]$/.test(value) };
}

/**
 * Those that begin with what was typed. A stored name that nobody could type, or that would move the cursor when a shell
 * lists it, is left out; so is one that would be taken for an option.
 */
export function matching(suggestions: readonly Suggestion[], typed: string): Suggestion[] {
  const isOption = typed.startsWith("-");
  return suggestions.filter(({ value }) => {
    return value.startsWith(typed) && printable(value) === value && (isOption || !value.startsWith("-"));
  });
}
