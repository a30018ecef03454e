import type { Snippet } from "../../query/snippet.js";
import { type ColourChoice, coloursOf } from "./colours.js";
import { printable } from "./escape.js";

/** The lines of a snippet, with what was found in bold where there are colours. Empty lines are left out. */
export function marked({ text, marks }: Snippet, colour: ColourChoice): string[] {
  const { bold } = coloursOf(process.stdout, colour);
  let line = "";
  let at = 0;
  for (const [from, to] of marks) {
    line += shown(text.slice(at, from)) + bold(shown(text.slice(from, to)));
    at = to;
  }
  line += shown(text.slice(at));
  return line.split("\n").filter((one) => one.trim() !== "");
}

function shown(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
