import type { Command } from "commander";
import { nearest } from "../../config/nearest.js";
import { UsageError } from "../../errors.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { commandBelow, describeTree } from "../command-tree.js";
import { EXIT_MEANINGS } from "../exit-code.js";
import { ALL_OUTPUTS } from "../schemas/all-outputs.js";
import { VERSION } from "../version.js";

type ProgramOf = (name: string, state: RunState, args?: readonly string[]) => Promise<Command>;

/** @param programOf makes the program that help tells of: this command is one of its own */
export function helpCommand(programOf: ProgramOf): (state: RunState) => Command {
  return (state) => {
    const summary = "help for a command; with --json all that can be typed, for programs";
    const command: Command = readLeaf<ReadOptions>(state, "help [command...]", summary, (context, typed) =>
      help(context, typed as unknown as string[], programOf, command.parent?.name() ?? "sessiondb", state),
    );
    return examples(command, ["sessiondb help session list", "sessiondb help --json", "sessiondb help migrate --json"]);
  };
}

async function help(
  { streams }: CommandContext<ReadOptions>,
  typed: readonly string[],
  programOf: ProgramOf,
  name: string,
  state: RunState,
): Promise<undefined> {
  const program = await programOf(name, state, typed);
  const { found, before } = find(program, typed);
  if (!streams.json) {
    found.outputHelp();
    return;
  }
  const tree = found === program ? program.commands.flatMap((one) => describeTree(one)) : describeTree(found, before);
  const items = tree.map((one) => ({ ...one, outputs: outputsOf(one.command) }));
  const exitCodes = EXIT_MEANINGS.map(([code, meaning]) => ({ code, meaning }));
  streams.document({ schema: "help/1", program: name, version: VERSION, exitCodes, items });
}

function outputsOf(command: string): string[] {
  return ALL_OUTPUTS.filter(({ commands }) => commands.includes(command)).map(({ name }) => name);
}

/** @throws UsageError ARGUMENT_INVALID */
function find(program: Command, typed: readonly string[]): { found: Command; before: string[] } {
  let found = program;
  const path: string[] = [];
  for (const word of typed) {
    const next = commandBelow(found, word);
    if (next === undefined) throw unknown(program, found, path, typed);
    path.push(next.name());
    found = next;
  }
  return { found, before: path.slice(0, -1) };
}

function unknown(program: Command, last: Command, path: readonly string[], typed: readonly string[]): UsageError {
  const below = last.commands.map((one) => one.name());
  const meant = nearest(typed[path.length] as string, below);
  const helpOf = (...words: string[]) => [program.name(), "help", ...path, ...words].join(" ");
  const known = below.length === 0 ? `nothing stands below it: ${helpOf()}` : `one of: ${below.join(", ")}`;
  return new UsageError("ARGUMENT_INVALID", `there is no command ${JSON.stringify(typed.join(" "))}`, {
    hint: meant === undefined ? known : `did you mean: ${helpOf(meant)}`,
  });
}
