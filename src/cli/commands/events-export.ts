import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { type ExportedEvents, exportEvents } from "../../inspect/export-events.js";
import type { EventLog } from "../../log/event-log.js";
import { assertNotStore } from "../../session/store-file.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { type EventRange, type EventRangeOptions, resolveEventRange, withEventRange } from "../event-range.js";
import { interruptible } from "../interruptible.js";
import { printable } from "../output/escape.js";
import { OutputFile } from "../output/output-file.js";
import type { Streams } from "../output/streams.js";
import { unlessStdout } from "../written-file.js";

interface ExportOptions extends ReadOptions, EventRangeOptions {
  output?: string;
  force?: boolean;
}

export function eventsExportCommand(state: RunState): Command {
  const command = readLeaf<ExportOptions>(state, "export", "the events as lines of a JSONL log", act)
    .option("-o, --output <file>", "write this file, whole or not at all; default stdout, as -")
    .option("--force", "replace a file that is there");
  return examples(withEventRange(command), [
    "sessiondb events export -o export.jsonl --store sqlite:./s.db",
    "sessiondb events export --session auth-refactor --store sqlite:./s.db",
  ]);
}

async function act({ openStore, options, streams }: CommandContext<ExportOptions>): Promise<undefined> {
  const output = unlessStdout(options.output);
  if (output === undefined && streams.json) {
    throw new UsageError("ARGUMENT_INVALID", "the lines go to stdout, where --json wants its document", {
      hint: "name a file with -o, or leave out --json",
    });
  }
  const log = await openStore({ mustExist: true });
  if (output !== undefined) assertNotStore(output, log.url);
  const range = await resolveEventRange(log, options, streams);
  if (output !== undefined)
    await exportTo(await OutputFile.create(output, options.force === true), log, range, streams);
  else
    remark(
      await exportEvents(log, range.filter, (lines) => streams.handed(lines), { head: range.head }),
      range,
      streams,
    );
}

async function exportTo(file: OutputFile, log: EventLog, range: EventRange, streams: Streams): Promise<void> {
  const { filter, head } = range;
  const report = await interruptible(async (signal) => {
    try {
      const done = await exportEvents(log, filter, (lines) => file.write(lines), { head, signal });
      await file.finish();
      return done;
    } finally {
      await file.discard();
    }
  });
  const { events, lastOffset, lastHash } = report;
  if (streams.json) {
    streams.document({ schema: "events-export/1", offset: head, file: file.path, events, lastOffset, lastHash });
  } else streams.lines([`exported ${events} ${events === 1 ? "event" : "events"} to ${printable(file.path)}`]);
  remark(report, range, streams);
}

function remark(
  { events, lastOffset, endsInsideAppend }: ExportedEvents,
  { head }: EventRange,
  streams: Streams,
): void {
  if (events < lastOffset) streams.note("this is a part of the log: it cannot be opened as a log of its own");
  else if (endsInsideAppend) streams.note(`it ends inside an append, at offset ${lastOffset}: not as a log of its own`);
  else streams.note(`${events} events, whole up to offset ${lastOffset} of ${head}`);
}
