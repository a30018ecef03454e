import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { outboxDropCommand } from "./outbox-drop.js";
import { outboxListCommand } from "./outbox-list.js";
import { outboxReplayCommand } from "./outbox-replay.js";

export function outboxCommand(state: RunState): Command {
  return noun("outbox", "what waits on this machine for a server that was away", [
    outboxListCommand(state),
    outboxReplayCommand(state),
    outboxDropCommand(state),
  ]);
}
