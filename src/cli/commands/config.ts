import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { configGetCommand } from "./config-get.js";
import { configListCommand } from "./config-list.js";
import { configPathCommand } from "./config-path.js";
import { configSetCommand, configUnsetCommand } from "./config-set.js";

export function configCommand(state: RunState): Command {
  const commands = [configListCommand, configGetCommand, configSetCommand, configUnsetCommand, configPathCommand];
  return noun(
    "config",
    "what is configured, and where",
    commands.map((command) => command(state)),
  );
}
