import type { Command } from "commander";
import { sessionStream } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import type { EventFilter } from "../inspect/event-filter.js";
import { collected } from "./command.js";

/** Which events a command is about. Each may be given several times, and means any of its values then. */
export interface FilterOptions {
  actor?: string[];
  type?: string[];
  session?: string[];
  path?: string[];
}

export function withFilter(command: Command): Command {
  return command
    .option("--actor <glob>", "only events of these: ada, 'agent:*' (repeat for more)", collected)
    .option("--type <glob>", "only events of these types: session.updated, 'session.pr-*' (repeat for more)", collected)
    .option("--session <id>", "only events of this session (repeat for more)", collected)
    .option("--path <glob>", "only events that wrote there: branch, 'prState.*' (repeat for more)", collected);
}

export function filterOf({ actor, type, session, path }: FilterOptions): EventFilter {
  return defined({ actors: actor, types: type, sessions: session, paths: path });
}

/** The stream that `vN` counts in: that of the session, where a single one is named. */
export function streamOf({ session: [session, ...others] = [] }: FilterOptions): string | undefined {
  return session === undefined || others.length > 0 ? undefined : sessionStream(session);
}
