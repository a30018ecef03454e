import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { commandBelow } from "./command-tree.js";

/**
 * An option of the command in the place of another one's value is a value that was forgotten: the parser would take
 * `--reason --json` for a reason of that name, and leave the option out.
 *
 * @throws UsageError USAGE
 */
export function assertValuesGiven(program: Command, args: readonly string[]): void {
  let command = program;
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--") return;
    const option = optionOf(command, word);
    if (option === undefined) {
      command = commandBelow(command, word) ?? command;
    } else if (option.required) {
      i++;
      const value = args[i];
      if (value !== undefined && optionOf(command, value) !== undefined) throw valueMissing(word, value);
    }
  }
}

function optionOf({ options }: Command, word: string) {
  return options.find(({ long, short }) => word === long || word === short);
}

function valueMissing(option: string, next: string): UsageError {
  const meant = option.startsWith("--") ? `${option}=${next}` : `${option}${next}`;
  return new UsageError("USAGE", `${option} lacks its value: what follows it, ${next}, is an option`, {
    hint: `write the value behind ${option}; where that text is meant: ${meant}`,
  });
}
