import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { eventsExportCommand } from "./events-export.js";
import { eventsListCommand } from "./events-list.js";
import { eventsShowCommand } from "./events-show.js";
import { eventsTailCommand } from "./events-tail.js";

export function eventsCommand(state: RunState): Command {
  return noun("events", "the log as it is: list, show, export and follow its events", [
    eventsListCommand(state),
    eventsShowCommand(state),
    eventsExportCommand(state),
    eventsTailCommand(state),
  ]);
}
