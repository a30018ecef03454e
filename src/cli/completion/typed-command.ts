import type { Argument, Command, Option } from "commander";
import { commandBelow } from "../command-tree.js";

/** Where the cursor stands in a command line. */
export interface TypedCommand {
  readonly command: Command;
  /** Positional words that were given to it. */
  readonly given: readonly string[];
  /** The option whose value the cursor is at. */
  readonly option: Option | undefined;
  /** Options that were given already. */
  readonly options: ReadonlyMap<Option, string | undefined>;
  /** Behind `--` nothing is an option. */
  readonly onlyWords: boolean;
}

/** Walks the words before the cursor as commander would. What it would refuse is passed over: it is being typed. */
export function typedCommand(program: Command, words: readonly string[]): TypedCommand {
  let command = program;
  const given: string[] = [];
  const options = new Map<Option, string | undefined>();
  let option: Option | undefined;
  let onlyWords = false;
  for (const word of words) {
    if (option !== undefined) {
      options.set(option, word);
      option = undefined;
    } else if (!onlyWords && word === "--") onlyWords = true;
    else if (!onlyWords && word.startsWith("-")) option = takeOption(command, word, options);
    else {
      const next = given.length === 0 ? commandBelow(command, word) : undefined;
      if (next === undefined) given.push(word);
      else command = next;
    }
  }
  return { command, given, option, options, onlyWords };
}

/** The argument of the command that comes next. */
export function nextArgument({ command, given }: TypedCommand): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[given.length] ?? (last?.variadic === true ? last : undefined);
}

export function findOption(command: Command, name: string): Option | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const found = at.options.find(({ long, short }) => long === name || short === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @returns the option where the next word is its value */
function takeOption(command: Command, word: string, options: Map<Option, string | undefined>): Option | undefined {
  const [name = "", value] = word.split(/=(.*)/s);
  const option = findOption(command, name);
  if (option === undefined) return undefined;
  options.set(option, value);
  return option.required && value === undefined ? option : undefined;
}
