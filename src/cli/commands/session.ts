import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { deleteCommand } from "./session-delete.js";
import { listCommand } from "./session-list.js";
import { logCommand } from "./session-log.js";
import { showCommand } from "./session-show.js";
import { startCommand } from "./session-start.js";
import { updateCommand } from "./session-update.js";

export function sessionCommand(state: RunState): Command {
  return noun("session", "start, change, list and look back at sessions", [
    startCommand(state),
    listCommand(state),
    showCommand(state),
    updateCommand(state),
    deleteCommand(state),
    logCommand(state),
  ]);
}
