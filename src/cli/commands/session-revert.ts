import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import type { EventLog } from "../../log/event-log.js";
import type { RevertTarget } from "../../session/plan-revert.js";
import { SessionStore } from "../../session/session-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import type { Streams } from "../output/streams.js";
import { sessionPoint } from "../session-point.js";
import { takeBack } from "../take-back.js";

interface RevertOptions extends CommonOptions {
  event?: string;
  to?: string;
  reason?: string;
  dryRun?: boolean;
  force?: boolean;
}

export function revertCommand(state: RunState): Command {
  const command = leaf<RevertOptions>(state, "revert <session>", "take events back by a new event; erases nothing", act)
    .option("--event <event>", "take back this one (42 or v12) and keep the later ones")
    .option("--to <point>", "take back everything after this point")
    .option("--force", "with --event: put back the old values even where later events changed them")
    .option("--reason <text>", "why, for the audit trail")
    .option("--dry-run", "write nothing, say what would be taken back");
  return examples(command, [
    "sessiondb session revert auth-refactor --to v1 --store sqlite:./s.db",
    "sessiondb session revert another --event v1 --force --dry-run --store sqlite:./s.db",
  ]);
}

async function act(context: CommandContext<RevertOptions>, id: string): Promise<undefined> {
  const { openStore, options, storeOption, streams } = context;
  const { actor, reason, dryRun } = options;
  const log = await openStore({ mustExist: true });
  const target = await targetOf(log, id, options, streams);
  const store = new SessionStore(log, actor === undefined ? {} : { actor });
  const note = reason === undefined ? {} : { reason };
  await takeBack(store, id, target, note, { streams, storeOption, dryRun: dryRun === true });
}

/** @throws UsageError ARGUMENT_INVALID */
async function targetOf(log: EventLog, id: string, options: RevertOptions, streams: Streams): Promise<RevertTarget> {
  const { event, to, force } = options;
  if ((event === undefined) === (to === undefined)) {
    throw new UsageError("ARGUMENT_INVALID", "revert takes either --event or --to", {
      hint: "--event 42 takes back that event, --to 42 everything after it",
    });
  }
  const { offset } = await sessionPoint(log, id, (event ?? to) as string, streams);
  return event === undefined ? { to: offset } : { event: offset, force: force === true };
}
