import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { bisectCommand } from "./session-bisect.js";
import { blameCommand } from "./session-blame.js";
import { deleteCommand } from "./session-delete.js";
import { diffCommand } from "./session-diff.js";
import { forkCommand } from "./session-fork.js";
import { listCommand } from "./session-list.js";
import { logCommand } from "./session-log.js";
import { revertCommand } from "./session-revert.js";
import { showCommand } from "./session-show.js";
import { startCommand } from "./session-start.js";
import { updateCommand } from "./session-update.js";
import { whatIfCommand } from "./session-what-if.js";

export function sessionCommand(state: RunState): Command {
  return noun("session", "start, change, list and look back at sessions", [
    startCommand(state),
    listCommand(state),
    showCommand(state),
    updateCommand(state),
    deleteCommand(state),
    logCommand(state),
    diffCommand(state),
    blameCommand(state),
    bisectCommand(state),
    whatIfCommand(state),
    forkCommand(state),
    revertCommand(state),
  ]);
}
