import { maskUrl } from "../log/mask-url.js";
import { shellWord } from "../log/shell-word.js";
import type { McpContext } from "./mcp-context.js";

/** A word of a command line; undefined is left out, as is an option whose value is. */
export type CliWord = string | number | undefined | readonly [option: string, value: string | number | undefined];

/** The command that answers the same, to be typed by a person: every word quoted for a POSIX shell, no password in it. */
export function cliLine({ log }: Pick<McpContext, "log">, ...words: readonly CliWord[]): string {
  const all = ["sessiondb", ...words, ["--store", maskUrl(log.url)] as const];
  return all.flatMap(textsOf).map(shellWord).join(" ");
}

function textsOf(word: CliWord): string[] {
  if (word === undefined) return [];
  if (typeof word === "string" || typeof word === "number") return [String(word)];
  const [option, value] = word as readonly [string, string | number | undefined];
  return value === undefined ? [] : [option, String(value)];
}
