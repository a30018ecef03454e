/** A command line as far as the cursor, as the shell will read it. */
export interface SplitLine {
  /** Whole words before the one at the cursor, without quotes. The first one is the command. */
  readonly words: readonly string[];
  /** The word at the cursor, as far as it was typed; "" behind a space. */
  readonly current: string;
  /** How many characters of `current` the shell leaves alone: it puts a completion in the place of what follows. */
  readonly kept: number;
  /** The quote that is open at the cursor. */
  readonly quote: "" | "'" | '"';
  /** True behind `>` and `<`: there a file is meant, whatever the command takes. */
  readonly redirected: boolean;
}

/** Behind these another command begins. */
const SEPARATORS = ";|&(";
const REDIRECTIONS = "<>";

/**
 * Reads a line of bash up to the cursor. Nothing is expanded or run: `$x` and backquotes are taken as they stand.
 *
 * @param breaks COMP_WORDBREAKS: bash takes what stands behind one of these, unquoted, for the word to be completed
 */
export function splitLine(line: string, breaks: string): SplitLine {
  const reader = new LineReader(breaks);
  for (const char of line) reader.take(char);
  return reader.result();
}

class LineReader {
  readonly #breaks: string;
  #words: string[] = [];
  #current = "";
  #kept = 0;
  #quote: SplitLine["quote"] = "";
  #escaped = false;
  /** A word may be there and empty: ''. */
  #begun = false;
  #redirected = false;

  constructor(breaks: string) {
    this.#breaks = breaks;
  }

  take(char: string): void {
    if (this.#escaped) this.#takeEscaped(char);
    else if (this.#quote === "'") this.#takeQuoted(char);
    else if (char === "\\") this.#escaped = true;
    else if (this.#quote === '"') this.#takeQuoted(char);
    else this.#takePlain(char);
  }

  result(): SplitLine {
    const words = this.#words.slice(this.#words.findIndex((word) => !/^\w+=/.test(word)));
    return { words, current: this.#current, kept: this.#kept, quote: this.#quote, redirected: this.#redirected };
  }

  #takePlain(char: string): void {
    if (char === "'" || char === '"') this.#openQuote(char);
    else if (/\s/.test(char)) this.#endWord();
    else if (SEPARATORS.includes(char)) this.#endCommand();
    else if (REDIRECTIONS.includes(char)) this.#redirect();
    else {
      this.#add(char);
      if (this.#breaks.includes(char)) this.#kept = this.#current.length;
    }
  }

  #takeQuoted(char: string): void {
    if (char === this.#quote) this.#quote = "";
    else this.#add(char);
  }

  /** In double quotes a backslash only takes the meaning of these. */
  #takeEscaped(char: string): void {
    this.#escaped = false;
    this.#add(this.#quote === '"' && !'"\\$`\n'.includes(char) ? `\\${char}` : char);
  }

  /** What bash completes begins behind the quote. */
  #openQuote(quote: "'" | '"'): void {
    this.#quote = quote;
    this.#begun = true;
    this.#kept = this.#current.length;
  }

  #redirect(): void {
    this.#endWord();
    this.#redirected = true;
  }

  #endCommand(): void {
    this.#endWord();
    this.#words = [];
    this.#redirected = false;
  }

  #endWord(): void {
    if (this.#begun && !this.#redirected) this.#words.push(this.#current);
    if (this.#begun) this.#redirected = false;
    this.#current = "";
    this.#kept = 0;
    this.#begun = false;
  }

  #add(text: string): void {
    this.#current += text;
    this.#begun = true;
  }
}
