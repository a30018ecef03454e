import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { markAddCommand } from "./mark-add.js";
import { markListCommand } from "./mark-list.js";
import { markRmCommand } from "./mark-rm.js";

export function markCommand(state: RunState): Command {
  return noun("mark", "names for places in the log, to be written mark:NAME", [
    markAddCommand(state),
    markListCommand(state),
    markRmCommand(state),
  ]);
}
