import { writeSync } from "node:fs";
import { Streams } from "../output/streams.js";
import { programOf } from "../program.js";
import { quoteForBash } from "./quote-word.js";
import { type SplitLine, splitLine } from "./split-line.js";
import { below, suggest } from "./suggest.js";
import { matching, type Suggestion, type Suggestions } from "./suggestion.js";

/** Who presses a key does not wait for longer; then there is nothing to choose from. */
const LIMIT_MS = 2_000;
const DEFAULT_BREAKS = " \t\n\"'><=;|&(:";

/**
 * `sessiondb __complete SHELL …`, which the scripts of `completion` call: a line `words` or `files`, then a line for each
 * word. Never fails, writes nothing and says nothing else: whatever goes wrong, there is nothing to choose from.
 *
 * bash: the line up to the cursor comes in SESSIONDB_COMPLETE_LINE, its COMP_WORDBREAKS in SESSIONDB_COMPLETE_BREAKS; what is
 * printed is quoted, and only what bash puts into the line. zsh, fish: the words up to the cursor come as arguments; what is
 * printed is `word TAB description`, and the shell quotes it.
 */
export async function complete(programName: string, args: readonly string[]): Promise<void> {
  const timer = setTimeout(() => process.exit(0), LIMIT_MS);
  // A driver that is loaded may warn, and nobody who completes a word wants to read it.
  process.removeAllListeners("warning");
  try {
    const lines = await linesFor(programName, args);
    writeSync(1, lines.map((line) => `${line}\n`).join(""));
  } catch {
    // Nothing to choose from: a message would be written into the line that is being typed.
  }
  clearTimeout(timer);
  process.exit(0); // a connection that is not closed yet must not keep the shell waiting
}

async function linesFor(programName: string, [shell, ...words]: readonly string[]): Promise<string[]> {
  if (shell !== "bash") return plainLines(await suggested(programName, words.slice(0, -1), words.at(-1) ?? ""));
  const { SESSIONDB_COMPLETE_LINE: line = "", SESSIONDB_COMPLETE_BREAKS: breaks = DEFAULT_BREAKS } = process.env;
  const split = splitLine(line, breaks);
  if (split.redirected) return ["files"];
  return bashLines(await suggested(programName, split.words.slice(1), split.current), split);
}

async function suggested(programName: string, typed: readonly string[], current: string): Promise<Suggestions> {
  const words = programName === "minsky" && typed[0] === "sessiondb" ? typed.slice(1) : typed;
  const state = { exitCode: 0, streams: new Streams({ quiet: true }) };
  const [first, ...rest] = words;
  if (first === "help") return matching(below(await programOf(programName, state, rest), rest), current);
  return suggest(await programOf(programName, state, words), words, current);
}

function plainLines(found: Suggestions): string[] {
  if (found === "files") return ["files"];
  return ["words", ...found.map(({ value, description }) => `${value}\t${description}`)];
}

function bashLines(found: Suggestions, { kept, quote }: SplitLine): string[] {
  if (found === "files") return ["files"];
  const inserted = ({ value, goesOn }: Suggestion) => {
    const text = quoteForBash(value.slice(kept), quote, kept === 0);
    // Behind an open quote bash closes it itself.
    return quote === "" && !goesOn ? `${text} ` : text;
  };
  return ["words", ...found.map(inserted)];
}
