import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { defined } from "../../defined.js";
import { type BlameEntry, blame } from "../../inspect/blame.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import type { Json } from "../../log/canonical.js";
import type { SetBy } from "../../replay/record-steps.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { type Column, renderTable } from "../output/table.js";
import { placeName } from "../session-point.js";

interface BlameOptions extends CommonOptions, AsOfOptions {
  depth?: number;
}

/** A value as it is or, in the line under it, as it was before. */
interface Row {
  readonly path: string;
  readonly value: string;
  readonly set: SetBy;
}

export function blameCommand(state: RunState): Command {
  const command = leaf<BlameOptions>(state, "blame <session> [path]", "who set each value, when and why", act)
    .option("--depth <n>", "levels below the path that are told apart", wholeNumber("--depth"))
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session blame auth-refactor --store sqlite:./s.db",
    "sessiondb session blame auth-refactor branch --store sqlite:./s.db",
  ]);
}

async function act({ openStore, options, streams }: CommandContext<BlameOptions>, id: string, path?: string) {
  const log = await openStore({ mustExist: true });
  const point = await resolveAsOf(log, options, streams, sessionStream(id));
  const entries = await blame(log, id, {
    path: parseFieldPath(path ?? ""),
    ...defined({ depth: options.depth }),
    ...(point === undefined ? {} : { toOffset: point.offset }),
  });
  if (streams.json) {
    const offset = point?.offset ?? (await log.tail()).offset;
    const items = entries.map((entry) => ({ ...entry, removed: entry.value === undefined }));
    streams.document({ schema: "session-blame/1", offset, session: id, items });
    return undefined;
  }
  streams.lines(renderTable(entries.flatMap(rowsOf), COLUMNS, streams.width));
  if (entries[0]?.value === undefined) streams.note("it is no longer there: these events removed it");
  return undefined;
}

function rowsOf({ path, value, set, previous }: BlameEntry): Row[] {
  const now: Row = { path: placeName(path), value: value === undefined ? "removed" : textOf(value), set };
  if (previous === undefined) return [now];
  const was = previous.value === undefined ? "was removed" : `was ${textOf(previous.value)}`;
  return [now, { path: " ", value: was, set: previous.set }];
}

function textOf(value: Json): string {
  return JSON.stringify(value);
}

const COLUMNS: Column<Row>[] = [
  { title: "PATH", value: ({ path }) => path, narrow: 20 },
  { title: "VALUE", value: ({ value }) => value, narrow: 20 },
  { title: "SET AT", value: ({ set }) => `v${set.version}` },
  { title: "OFFSET", value: ({ set }) => set.offset, align: "right" },
  { title: "WHEN", value: ({ set }) => set.recordedAt, time: true },
  { title: "BY", value: ({ set }) => set.actor, narrow: 12 },
  { title: "WHY", value: ({ set }) => (set.reason === undefined ? " " : JSON.stringify(set.reason)), narrow: 12 },
];
