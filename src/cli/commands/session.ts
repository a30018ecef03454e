import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { type LazyCommand, loadCommands } from "../lazy-commands.js";

/** In the order of the help. */
const COMMANDS: readonly LazyCommand[] = [
  { names: ["start"], load: async () => (await import("./session-start.js")).startCommand },
  { names: ["list", "ls"], load: async () => (await import("./session-list.js")).listCommand },
  { names: ["show", "get"], load: async () => (await import("./session-show.js")).showCommand },
  { names: ["update"], load: async () => (await import("./session-update.js")).updateCommand },
  { names: ["dir"], load: async () => (await import("./session-dir.js")).dirCommand },
  { names: ["search"], load: async () => (await import("./session-search.js")).searchCommand },
  { names: ["pr"], load: async () => (await import("./session-pr.js")).prCommand },
  { names: ["approve"], load: async () => (await import("./session-approve.js")).approveCommand },
  { names: ["delete"], load: async () => (await import("./session-delete.js")).deleteCommand },
  { names: ["repair"], load: async () => (await import("./session-repair.js")).repairCommand },
  { names: ["log"], load: async () => (await import("./session-log.js")).logCommand },
  { names: ["diff"], load: async () => (await import("./session-diff.js")).diffCommand },
  { names: ["blame"], load: async () => (await import("./session-blame.js")).blameCommand },
  { names: ["bisect"], load: async () => (await import("./session-bisect.js")).bisectCommand },
  { names: ["what-if"], load: async () => (await import("./session-what-if.js")).whatIfCommand },
  { names: ["fork"], load: async () => (await import("./session-fork.js")).forkCommand },
  { names: ["revert"], load: async () => (await import("./session-revert.js")).revertCommand },
];

export async function sessionCommand(state: RunState, rest: readonly string[]): Promise<Command> {
  return noun("session", "start, change, list and look back at sessions", await loadCommands(COMMANDS, state, rest));
}
