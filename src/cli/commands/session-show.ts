import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { renderFields } from "../output/table.js";

interface ShowOptions extends CommonOptions, AsOfOptions {}

export function showCommand(state: RunState): Command {
  const command = leaf<ShowOptions>(state, "show <session>", "show one session, now or as of a point in the log", show)
    .alias("get")
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session show auth-refactor --store sqlite:./s.db",
    "sessiondb session show auth-refactor --as-of v1 --store sqlite:./s.db",
  ]);
}

async function show({ openStore, options, streams }: CommandContext<ShowOptions>, id: string): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const point = await resolveAsOf(log, options, streams, sessionStream(id));
  const asOf = point === undefined ? {} : { asOf: point.offset };
  const document = await new SessionStore(log).get(id, asOf);
  const offset = point?.offset ?? (await log.tail()).offset;
  const { record, version, lastOffset, updatedAt, lastActor, faults } = document;
  if (streams.json) {
    streams.document({ schema: "session-show/1", offset, version, lastOffset, updatedAt, lastActor, record, faults });
    return;
  }
  const fields = Object.entries(record).map(
    ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  streams.lines(renderFields(fields));
  streams.note(`version ${version} · last changed at offset ${lastOffset}, ${updatedAt}, by ${lastActor}`);
  for (const { offset: at, why } of faults) streams.note(`warning: the event at offset ${at} was passed over: ${why}`);
  if (point !== undefined) streams.note("past state, read-only");
}
