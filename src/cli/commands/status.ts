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
  const { options, streams } = context;
  const log = await openAsOf(context);
  const store = new SessionStore(log);
  const { offset, documents } = await store.list();
  const { hash, recordedAt } = await log.tail();
  const decidedBy =
    options.store === undefined
      ? "default"
      : process.env.SESSIONDB_STORE === options.store
        ? "SESSIONDB_STORE"
        : "--store";
  if (streams.json) {
    streams.document({
      schema: "status/1",
      store: log.url,
      decidedBy,
      offset,
      hash,
      recordedAt,
      sessions: documents.length,
    });
    return;
  }
  streams.lines(
    renderFields([
      ["store", `${log.url}  (${decidedBy})`],
      ["events", String(offset)],
      ["sessions", String(documents.length)],
      ["tail hash", hash],
      ["last event", recordedAt === "" ? "-" : recordedAt],
    ]),
  );
}
