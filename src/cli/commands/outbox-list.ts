import type { Command } from "commander";
import { type OutboxItem, otherOutboxes, outboxReport } from "../../outbox/outbox-report.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { outboxOf } from "../outbox-of.js";
import { type Column, renderFields, renderTable } from "../output/table.js";

export function outboxListCommand(state: RunState): Command {
  const command = readLeaf<ReadOptions>(
    state,
    "list",
    "what waits for the server, and what its log did not take; asks no server",
    list,
  ).alias("ls");
  return examples(command, ["sessiondb outbox list --store sqlite:./s.db"]);
}

async function list(context: CommandContext<ReadOptions>): Promise<undefined> {
  const { streams } = context;
  const placed = outboxOf(context);
  const report = placed && (await outboxReport(placed.root, placed.url));
  const others = placed === undefined ? [] : await otherOutboxes(placed.root, placed.url);
  const { queue = [], conflicts = [] } = report ?? {};
  if (streams.json) {
    const { name = null, folder = null, contactAt = null, completeAt = null, copiedOffset = 0 } = report ?? {};
    const outbox = { name, folder, contactAt, completeAt };
    streams.document({ schema: "outbox-list/1", offset: copiedOffset, outbox, items: queue, conflicts, others });
    return;
  }
  if (report !== undefined) streams.lines(renderFields(headOf(report)));
  if (queue.length > 0) streams.lines(["", ...renderTable(queue, WAITING, streams.width)]);
  if (conflicts.length > 0) streams.lines(["", ...renderTable(conflicts, CONFLICTING, streams.width)]);
  for (const name of others) streams.note(`another outbox holds something: ${name}`);
}

function headOf(report: { name: string; contactAt: string | null; completeAt: string | null; copiedOffset: number }) {
  const { name, contactAt, completeAt, copiedOffset } = report;
  const copy = completeAt === null ? "no whole copy" : `up to offset ${copiedOffset}, whole at ${completeAt}`;
  return [
    ["outbox", name],
    ["last contact", contactAt ?? "never"],
    ["local copy", copy],
  ] as const;
}

const WAITING: readonly Column<OutboxItem>[] = [
  { title: "QUEUED AT", value: ({ queuedAt }) => queuedAt, time: true },
  { title: "BY", value: actorsOf, narrow: 12 },
  { title: "WHAT", value: whatOf, narrow: 30 },
  { title: "WHY", value: ({ why }) => why },
  { title: "SENT", value: ({ unsure }) => (unsure ? "maybe" : "no") },
];

const CONFLICTING: readonly Column<OutboxItem>[] = [
  { title: "CONFLICT AT", value: ({ refused, queuedAt }) => refused?.at ?? queuedAt, time: true },
  { title: "BY", value: actorsOf, narrow: 12 },
  { title: "WHAT", value: whatOf, narrow: 30 },
  { title: "WHY", value: ({ refused }) => refused?.message ?? "-", narrow: 30 },
];

function actorsOf({ events }: OutboxItem): string {
  return [...new Set(events.map(({ actor }) => actor))].join(", ");
}

function whatOf({ events }: OutboxItem): string {
  return events.map(({ type, stream }) => `${type} ${stream}`).join(", ");
}
