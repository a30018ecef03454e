import type { Command, CommanderError } from "commander";
import { isNamed } from "./command-tree.js";

/** Every command knows these: where one is unknown, it stands before the command. */
const COMMON = /unknown option '--(?:store|json|quiet|debug|color)['=]/;
const UNKNOWN_COMMAND = /unknown command '([^']+)'/;
/** More would be a list to read. */
const MAX_NAMED = 3;

/** What is better advice than what commander gives; undefined where nothing is. */
export function usageHint({ code, message }: CommanderError, program: Command | undefined): string | undefined {
  if (code === "commander.unknownOption" && COMMON.test(message)) {
    return "options stand behind the command, for example: sessiondb session list --store sqlite:./s.db --json";
  }
  if (code !== "commander.unknownCommand" || program === undefined) return undefined;
  const [, word = ""] = UNKNOWN_COMMAND.exec(message) ?? [];
  const meant = program.commands.flatMap((command) => commandsNamed(word, command, [program.name()]));
  return meant.length === 0 ? undefined : `did you mean: ${meant.slice(0, MAX_NAMED).join(", or ")}`;
}

/** Who types `list` means one that stands behind a noun. */
function commandsNamed(word: string, command: Command, before: readonly string[]): string[] {
  const typed = [...before, command.name()];
  const below = command.commands.flatMap((one) => commandsNamed(word, one, typed));
  return isNamed(command, word) ? [typed.join(" "), ...below] : below;
}
