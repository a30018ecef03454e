import type { Command } from "commander";
import type { EventLog } from "../../log/event-log.js";
import type { ConfiguredStore } from "../../session/configured-store.js";
import { SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { renderFields } from "../output/table.js";

type StatusOptions = CommonOptions & AsOfOptions;

export function statusCommand(state: RunState): Command {
  const command = leaf<StatusOptions>(state, "status", "which store is used, and how much is in it", status).addOption(
    asOfOption(),
  );
  return examples(command, ["sessiondb status --store sqlite:./s.db"]);
}

async function status(context: CommandContext<StatusOptions>): Promise<undefined> {
  const { streams } = context;
  const { source, placeSource } = context.store();
  const log = await openTold(context);
  const { offset, documents } = await new SessionStore(log).list();
  const { hash, recordedAt } = await log.tail();
  if (streams.json) {
    streams.document({
      schema: "status/1",
      store: log.url,
      decidedBy: source.name,
      layer: source.layer,
      placeFrom: placeSource.name,
      offset,
      hash,
      recordedAt,
      sessions: documents.length,
    });
    return;
  }
  streams.lines(
    renderFields([
      ["store", log.url],
      ["decided by", deciders(context.store())],
      ["events", String(offset)],
      ["sessions", String(documents.length)],
      ["tail hash", hash],
      ["last event", recordedAt === "" ? "-" : recordedAt],
    ]),
  );
}

/** Who looks for a store that cannot be opened has to know who named it. */
async function openTold(context: CommandContext<StatusOptions>): Promise<EventLog> {
  try {
    return await openAsOf(context);
  } catch (error) {
    context.streams.note(`decided by ${deciders(context.store())}`);
    throw error;
  }
}

function deciders({ source, placeSource }: ConfiguredStore): string {
  const layer = source.layer === "default" ? "nobody: it is the default" : `${source.name} (${source.layer})`;
  return placeSource.name === source.name ? layer : `${layer}, and where it lies by ${placeSource.name}`;
}
