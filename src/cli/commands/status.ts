import type { Command } from "commander";
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
  const log = await openAsOf(context);
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
  const layer = source.layer === "default" ? "nobody: it is the default" : `${source.name} (${source.layer})`;
  const place = placeSource.name === source.name ? "" : `, and where it lies by ${placeSource.name}`;
  streams.lines(
    renderFields([
      ["store", log.url],
      ["decided by", `${layer}${place}`],
      ["events", String(offset)],
      ["sessions", String(documents.length)],
      ["tail hash", hash],
      ["last event", recordedAt === "" ? "-" : recordedAt],
    ]),
  );
}
