import type { Command } from "commander";
import {
  checkProjections,
  type ProjectionCheck,
  type ProjectionState,
  projectionStates,
  rebuildProjections,
} from "../../inspect/projections.js";
import { type CommandContext, type CommonOptions, examples, leaf, noun, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { type Column, renderTable } from "../output/table.js";

export function projectionCommand(state: RunState): Command {
  return noun("projection", "the read models: what is computed from the log, and may be thrown away", [
    listCommand(state),
    checkCommand(state),
    rebuildCommand(state),
  ]);
}

function listCommand(state: RunState): Command {
  const command = leaf<CommonOptions>(state, "list", "how far each read model is behind the log", list);
  return examples(command, ["sessiondb projection list --store sqlite:./s.db"]);
}

function checkCommand(state: RunState): Command {
  const summary = "compare what is stored with a fresh fold of the log, and name the documents that differ";
  const command = leaf<CommonOptions>(state, "check [names...]", summary, check);
  return examples(command, [
    "sessiondb projection check --store sqlite:./s.db",
    "sessiondb projection check sessions --store sqlite:./s.db --json",
  ]);
}

function rebuildCommand(state: RunState): Command {
  const summary = "fold the log anew beside what is stored, which goes on answering, and put the result in its place";
  const command = leaf<CommonOptions>(state, "rebuild [names...]", summary, rebuild);
  return examples(command, ["sessiondb projection rebuild sessions --store sqlite:./s.db"]);
}

async function list({ openStore, streams }: CommandContext<CommonOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { offset, items } = await projectionStates(log);
  if (streams.json) streams.document({ schema: "projection-list/1", offset, items });
  else streams.lines(renderTable(items, COLUMNS, streams.width));
  streams.note(`log at offset ${offset} · ${log.url} · whoever reads next catches up what is behind`);
}

async function check({ openStore, streams }: CommandContext<CommonOptions>, names: unknown): Promise<number> {
  const log = await openStore({ mustExist: true });
  const checks = await checkProjections(log, names as string[]);
  const ok = checks.every(({ differenceCount }) => differenceCount === 0);
  if (streams.json) {
    const { offset } = await log.tail();
    streams.document({ schema: "projection-check/1", offset, ok, items: checks });
  } else {
    streams.lines(checks.flatMap(checkLines));
    if (!ok) streams.note("mend it: sessiondb projection rebuild");
  }
  return ok ? EXIT.done : EXIT.integrity;
}

async function rebuild({ openStore, streams }: CommandContext<CommonOptions>, names: unknown): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const items = await rebuildProjections(log, names as string[], (name) => progressLine(streams, `rebuilding ${name}`));
  streams.progress("");
  if (streams.json) {
    streams.document({ schema: "projection-rebuild/1", offset: (await log.tail()).offset, items });
    return;
  }
  streams.lines(
    items.map(({ name, documents, offset }) => `rebuilt ${name}  ${documents} documents  offset ${offset}`),
  );
}

const COLUMNS: readonly Column<ProjectionState>[] = [
  { title: "PROJECTION", value: ({ name }) => name },
  { title: "REVISION", value: ({ revision }) => revision, align: "right" },
  { title: "KEPT IN", value: ({ kind }) => (kind === "table" ? "table" : "memory, snapshots") },
  { title: "OFFSET", value: ({ offset }) => offset, align: "right" },
  { title: "BEHIND", value: ({ behind }) => behind, align: "right" },
  { title: "DOCUMENTS", value: ({ documents }) => documents, align: "right" },
  {
    title: "STATE",
    value: ({ fault }) => (fault === undefined ? "ok" : `stopped at ${fault.offset}: ${fault.why}`),
    narrow: 12,
  },
];

function checkLines({ name, offset, documents, differences, differenceCount }: ProjectionCheck): string[] {
  if (differenceCount === 0) return [`ok   ${name}: ${documents} documents at offset ${offset}`];
  const more = differenceCount - differences.length;
  return [
    `BAD  ${name}: ${differenceCount} documents differ from a fresh fold at offset ${offset}`,
    ...differences.map(({ id, kind, paths }) => printable(`       ${[id, kind, ...paths].join("  ")}`)),
    ...(more > 0 ? [`       and ${more} more`] : []),
  ];
}
