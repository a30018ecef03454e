import type { Argument, Command, Option } from "commander";
import { defined } from "../defined.js";
import { collected, examplesOf } from "./command.js";

/** One command as programs read it. */
export interface CommandDescription {
  /** As it is typed, without the program's name. */
  readonly command: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** False for a noun, which only stands before its commands. */
  readonly runs: boolean;
  readonly arguments: readonly ArgumentDescription[];
  readonly options: readonly OptionDescription[];
  readonly examples: readonly string[];
}

interface ArgumentDescription {
  readonly name: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly description: string;
  readonly choices?: readonly string[];
}

interface OptionDescription {
  readonly flags: string;
  readonly name: string;
  readonly short?: string;
  readonly type: "boolean" | "integer" | "string";
  readonly value?: string;
  readonly description: string;
  readonly required: boolean;
  readonly repeatable: boolean;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly env?: string;
  readonly conflicts?: readonly string[];
}

/** How numbers are written in the help: `--limit <n>`. */
const INTEGER_VALUE = /^(n|count|offset|depth|number|version|events)$/i;

/** By its name or an alias. */
export function commandBelow(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => isNamed(one, word));
}

export function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

/**
 * `session help list` as `help session list`. Commander's own help behind a noun knows no --json, and prints the noun's for
 * a command that is not there.
 */
export function helpFirst(program: Command, args: readonly string[]): readonly string[] {
  let command = program;
  for (const [i, word] of args.entries()) {
    const isNoun = command !== program && command.commands.length > 0;
    if (isNoun && word === "help") return ["help", ...args.slice(0, i), ...args.slice(i + 1)];
    const next = commandBelow(command, word);
    if (next === undefined) break;
    command = next;
  }
  return args;
}

/** A command and all below it, each before its own. `before` is what is typed before its name. */
export function describeTree(command: Command, before: readonly string[] = []): CommandDescription[] {
  const typed = [...before, command.name()];
  const below = command.commands.flatMap((one) => describeTree(one, typed));
  return [describe(command, typed.join(" ")), ...below];
}

function describe(command: Command, typed: string): CommandDescription {
  const examples = examplesOf(command);
  return {
    command: typed,
    aliases: command.aliases(),
    summary: command.summary(),
    // A command with commands below it runs itself only where its help says how.
    runs: command.commands.length === 0 || examples.length > 0,
    arguments: command.registeredArguments.map(describeArgument),
    options: command.options.filter(({ hidden }) => !hidden).map(describeOption),
    examples,
  };
}

function describeArgument(argument: Argument): ArgumentDescription {
  const { required, variadic, description, argChoices } = argument;
  const known = { name: argument.name(), required, variadic, description };
  return argChoices === undefined ? known : { ...known, choices: argChoices };
}

function describeOption(option: Option): OptionDescription {
  const { flags, description, argChoices: choices, defaultValue } = option;
  const value = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  const env = option.envVar ?? /\(env: (\w+)\)/.exec(description)?.[1];
  const conflicts = (option as unknown as { conflictsWith: readonly string[] }).conflictsWith; // not in its types
  return {
    flags,
    name: option.long ?? option.short ?? flags,
    ...(option.long !== undefined && option.short !== undefined ? { short: option.short } : {}),
    type: value === undefined ? "boolean" : INTEGER_VALUE.test(value) ? "integer" : "string",
    ...defined({ value }),
    description,
    required: option.mandatory,
    repeatable: isRepeatable(option),
    ...defined({ choices, default: defaultValue, env }),
    ...(conflicts.length === 0 ? {} : { conflicts }),
  };
}

/** One whose values are collected keeps what came before. */
function isRepeatable({ variadic, parseArg }: Option): boolean {
  return variadic || parseArg === (collected as typeof parseArg);
}
