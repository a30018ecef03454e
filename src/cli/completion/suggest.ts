import type { Argument, Command, Option } from "commander";
import { LiveValues } from "./live-values.js";
import { matching, type Suggestion, type Suggestions, suggestion } from "./suggestion.js";
import { findOption, nextArgument, type TypedCommand, typedCommand } from "./typed-command.js";

/** What may stand at the cursor, behind these words. */
export async function suggest(program: Command, words: readonly string[], current: string): Promise<Suggestions> {
  const typed = typedCommand(program, words);
  if (typed.option !== undefined) return among(await valuesOf(typed.option, typed, current), current);
  const [, name, value] = /^(--[\w-]+)=(.*)$/s.exec(typed.onlyWords ? "" : current) ?? [];
  if (name !== undefined && value !== undefined) return assigned(typed, name, value);
  if (current.startsWith("-") && !typed.onlyWords) return matching(optionsOf(typed), current);
  return among(await positional(typed), current);
}

/** `--sort=upd`: the same words with the option before them. */
async function assigned(typed: TypedCommand, name: string, value: string): Promise<Suggestions> {
  const option = findOption(typed.command, name);
  const values = option === undefined ? [] : await valuesOf(option, typed, value);
  if (values === "files") return values;
  return matching(values, value).map((one) => ({ ...one, value: `${name}=${one.value}` }));
}

function among(found: Suggestions, current: string): Suggestions {
  return found === "files" ? found : matching(found, current);
}

function optionsOf({ command, options }: TypedCommand): Suggestion[] {
  const open = command.createHelp().visibleOptions(command);
  const free = open.filter((option) => !options.has(option) || option.variadic || option.parseArg !== undefined);
  return free.map(({ long, short, description }) => suggestion(long ?? short ?? "", description));
}

async function positional(typed: TypedCommand): Promise<Suggestions> {
  const { command, given } = typed;
  const commands = given.length === 0 ? below(command, []) : [];
  const argument = nextArgument(typed);
  const values = argument === undefined ? [] : await argumentValues(argument, typed);
  if (values === "files") return commands.length > 0 ? commands : values;
  return [...commands, ...values];
}

/** The commands that may stand behind these words. */
export function below(command: Command, words: readonly string[]): Suggestion[] {
  const [first, ...rest] = words;
  if (first === undefined) return command.commands.map((one) => suggestion(one.name(), one.summary()));
  const next = command.commands.find((one) => one.name() === first);
  return next === undefined ? [] : below(next, rest);
}

async function argumentValues(argument: Argument, typed: TypedCommand): Promise<Suggestions> {
  if (argument.argChoices !== undefined) return argument.argChoices.map((one) => suggestion(one));
  const live = liveValues(typed);
  switch (`${typed.command.name()} ${argument.name()}`) {
    case "start session": // a new one: it must not be there
      return [];
    case "rm name":
      return live.marks();
    case "rollback id":
    case "resume id":
    case "status id":
      return live.migrations();
    case "check names":
    case "rebuild names":
      return live.projections();
    case "get key":
    case "set key":
    case "unset key":
      return live.settings();
    case "schema name":
      return schemaNames();
    default:
  }
  if (argument.name() === "session") return live.sessions();
  return argument.name() === "file" ? "files" : [];
}

async function schemaNames(): Promise<Suggestion[]> {
  const { namedSchemas } = await import("../schemas/named-schema.js");
  return namedSchemas().map(({ name, commands }) => suggestion(name, commands.join(", ")));
}

/** By what stands for the value in the help, so that a new option of the same kind is completed, too. */
async function valuesOf(option: Option, typed: TypedCommand, current: string): Promise<Suggestions> {
  if (option.argChoices !== undefined) return option.argChoices.map((one) => suggestion(one));
  const live = liveValues(typed);
  switch (/[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]) {
    case "url":
    case "store":
      return live.stores(current);
    case "point":
      return live.points();
    case "file":
    case "folder":
    case "dir":
      return "files";
    default:
      return option.long === "--session" ? live.sessions() : [];
  }
}

/** `--to` names the store where a journal is looked for; else `--store` does. */
function liveValues({ command, options }: TypedCommand): LiveValues {
  const named = (name: string) => {
    const option = findOption(command, name);
    return option === undefined ? undefined : options.get(option);
  };
  return new LiveValues(named("--to") ?? named("--store"));
}
