import { type Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { type AuditOptions, type AuditSummary, audit } from "../../inspect/audit.js";
import { auditGroups, GROUP_BY, type GroupBy } from "../../inspect/audit-groups.js";
import type { EventFilter } from "../../inspect/event-filter.js";
import { readPrivateKey } from "../../inspect/signing-key.js";
import type { EventLog } from "../../log/event-log.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { entrySides, groupSides } from "../audit-columns.js";
import { type AuditFormat, auditPrinter, summaryLine } from "../audit-printer.js";
import { exportProof } from "../audit-proof.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { type FilterOptions, filterOf, streamOf, withFilter } from "../event-filter-options.js";
import { progressLine } from "../output/progress.js";
import type { Streams } from "../output/streams.js";
import { type RangeOptions, resolveRange, withRange } from "../range.js";
import { rowFormat } from "../row-printer.js";
import { fileOnly } from "../written-file.js";
import { auditCheckCommand } from "./audit-check.js";

interface AuditCommandOptions extends ReadOptions, AsOfOptions, RangeOptions, FilterOptions {
  groupBy?: GroupBy;
  format?: "table" | "csv";
  ndjson?: boolean;
  limit?: number;
  proof?: string;
  force?: boolean;
  key?: string;
}

/** Options that say how events are printed. */
const PRINTING = ["groupBy", "format", "ndjson", "limit"];

export function auditCommand(state: RunState): Command {
  const command = readLeaf<AuditCommandOptions>(state, "audit", "who changed what, in all sessions, oldest first", act);
  withRange(withFilter(command))
    .addOption(asOfOption())
    .addOption(new Option("--group-by <what>", "count them by one side; days are UTC days").choices(GROUP_BY))
    .addOption(new Option("--format <format>", "table or csv").choices(["table", "csv"]).conflicts(["json", "ndjson"]))
    .addOption(new Option("--ndjson", "one JSON object a line").conflicts("json"))
    .option("--limit <n>", "print at most this many", wholeNumber("--limit"))
    .addOption(
      new Option("--proof <file>", "write them to a file that can be checked anywhere")
        .argParser(fileOnly("--proof"))
        .conflicts(PRINTING),
    )
    .option("--force", "with --proof: replace a proof that is there")
    .option("--key <file>", "with --proof: sign its head with this private key")
    .enablePositionalOptions()
    .addCommand(auditCheckCommand(state));
  return examples(command, [
    "sessiondb audit --store sqlite:./s.db",
    "sessiondb audit --path 'prState.*' --actor 'agent:*' --since 7d --group-by actor --store sqlite:./s.db",
    "sessiondb audit --session auth-refactor --format csv --store sqlite:./s.db",
    "sessiondb audit --session auth-refactor --proof help-proof.jsonl --store sqlite:./s.db",
  ]);
}

async function act({ openStore, options, streams }: CommandContext<AuditCommandOptions>): Promise<undefined> {
  if ((options.force === true || options.key !== undefined) && options.proof === undefined) {
    throw new UsageError("ARGUMENT_INVALID", "--force and --key are about the file of a proof, and none is named", {
      hint: "add --proof FILE",
    });
  }
  const key = options.key === undefined ? {} : { key: await readPrivateKey(options.key) };
  const log = await openStore({ mustExist: true });
  const stream = streamOf(options);
  const head = (await resolveAsOf(log, options, streams, stream)) ?? (await log.tail());
  const filter = { ...filterOf(options), ...(await resolveRange(log, options, streams, { stream })) };
  const line = progressLine(streams, "reading");
  const reading = { head: head.offset, onRead: (offset: number) => line(offset, head.offset) };
  if (options.proof !== undefined) {
    await exportProof(log, filter, options.proof, { ...reading, ...key, force: options.force === true }, streams);
    return;
  }
  const summary =
    options.groupBy === undefined
      ? await printEntries(log, filter, reading, options, streams)
      : await printGroups(log, filter, options.groupBy, reading, options, streams);
  streams.progress("");
  const cut = options.groupBy === undefined && (options.limit ?? summary.events) < summary.events;
  streams.note(`${cut ? `the first ${options.limit} of ` : ""}${summaryLine(summary)}`);
}

async function printEntries(
  log: EventLog,
  filter: EventFilter,
  reading: AuditOptions & { readonly head: number },
  options: AuditCommandOptions,
  streams: Streams,
): Promise<AuditSummary> {
  const head = { schema: "audit/1", store: log.url, offset: reading.head, filter };
  const sides = entrySides(streams.width !== undefined);
  const printer = auditPrinter(streams, formatOf(options), sides, { fields: options.fields, head });
  const entries = audit(log, filter, reading);
  for (let shown = 0; ; ) {
    const step = await entries.next();
    if (step.done === true) {
      printer.end(step.value);
      return step.value;
    }
    if (shown++ < (options.limit ?? Number.POSITIVE_INFINITY)) printer.add(step.value);
    await streams.drained();
  }
}

async function printGroups(
  log: EventLog,
  filter: EventFilter,
  by: GroupBy,
  reading: AuditOptions & { readonly head: number },
  options: AuditCommandOptions,
  streams: Streams,
): Promise<AuditSummary> {
  const { groups, summary } = await auditGroups(log, filter, by, reading);
  const head = { schema: "audit/1", store: log.url, offset: reading.head, filter, groupBy: by, groups: groups.length };
  const format = formatOf(options);
  // A program that reads the columns finds the same each time; --json tells both numbers always.
  const others = format === "csv" || groups.some(({ otherStreams }) => otherStreams > 0);
  const sides = groupSides(by, streams.width !== undefined, others);
  const printer = auditPrinter(streams, format, sides, { fields: options.fields, head });
  for (const group of groups.slice(0, options.limit)) {
    printer.add(group);
    await streams.drained();
  }
  printer.end(summary);
  return summary;
}

function formatOf({ format, ...options }: AuditCommandOptions): AuditFormat {
  return format ?? rowFormat(options);
}
