import type { Command } from "commander";
import { type EventProof, eventAt } from "../../inspect/event-at.js";
import { type AsOfOptions, asOfOption, notedPoint, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../output/escape.js";
import { renderFields } from "../output/table.js";

interface ShowOptions extends CommonOptions, AsOfOptions {}

export function eventsShowCommand(state: RunState): Command {
  const summary = "everything about one event: 42, HEAD, mark:x";
  const command = leaf<ShowOptions>(state, "show <offset>", summary, show).addOption(asOfOption());
  return examples(command, ["sessiondb events show 1 --store sqlite:./s.db"]);
}

/** Exit code 6 where the event does not fit its hash. */
async function show(context: CommandContext<ShowOptions>, text: string): Promise<number> {
  const { streams } = context;
  const log = await openAsOf(context);
  const { offset } = await notedPoint(log, text, streams);
  const proof = await eventAt(log, offset);
  const { event, prevHash, chainOk } = proof;
  if (streams.json) {
    const { offset: tail } = await log.tail();
    streams.document({ schema: "events-show/1", offset: tail, event: event.toJSON(), prevHash, chainOk });
  } else streams.lines([...renderFields(fieldsOf(proof)), ...dataLines(proof)]);
  return chainOk ? EXIT.done : EXIT.integrity;
}

function fieldsOf({ event, prevHash, chainOk }: EventProof): [string, string][] {
  const { offset, version, commit, recordedAt, id, stream, type, actor, meta, salt, dataHash, hash } = event;
  const others = Object.entries(meta).map(([name, value]): [string, string] => [`meta.${name}`, textOf(value)]);
  return [
    ["offset", String(offset)],
    ["time", recordedAt],
    ["stream", `${stream}  v${version}`],
    ["type", type],
    ["actor", actor],
    ...others,
    ["id", id],
    ["commit", String(commit)],
    event.redacted ? ["data hash", dataHash ?? ""] : ["salt", salt ?? ""],
    ["prev hash", prevHash],
    ["hash", hash],
    ["chain", chainOk ? "ok: it fits the event before it" : "BAD: it is not as it was sealed"],
  ];
}

function dataLines({ event }: EventProof): string[] {
  if (event.redacted) return ["data  (erased)"];
  return [
    "data",
    ...JSON.stringify(event.data, null, 2)
      .split("\n")
      .map((line) => printable(`  ${line}`)),
  ];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
