import type { Command } from "commander";
import type { RunState } from "./command.js";

/** Makes a command; `rest` are the arguments behind its name. */
type MakeCommand = (state: RunState, rest: readonly string[]) => Command | Promise<Command>;

/** A command whose code is loaded when it is asked for: loading all of them takes longer than most of them run. */
export interface LazyCommand {
  /** Its name and its aliases. */
  readonly names: readonly string[];
  load(): Promise<MakeCommand>;
}

/** The command that `args` begins with; all of them where it names none: for help, and to suggest what was meant. */
export async function loadCommands(
  commands: readonly LazyCommand[],
  state: RunState,
  [first, ...rest]: readonly string[],
): Promise<Command[]> {
  const wanted = commands.find(({ names }) => first !== undefined && names.includes(first));
  const loaded = (wanted === undefined ? commands : [wanted]).map(async ({ load }) => (await load())(state, rest));
  return Promise.all(loaded);
}
