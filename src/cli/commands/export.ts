import { type Command, Option } from "commander";
import { expandPath } from "../../config/paths.js";
import { UsageError } from "../../errors.js";
import { SQL_DIALECTS, type SqlDialect } from "../../export/sql.js";
import { type ExportFormat, type ExportReport, exportSessions, streamSessions } from "../../session/export-sessions.js";
import { mirrorSessions } from "../../session/mirror-sessions.js";
import { SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, noun, type RunState } from "../command.js";
import { Endings } from "../ending.js";
import { interruptible } from "../interruptible.js";
import { printable } from "../output/escape.js";
import type { Streams } from "../output/streams.js";
import { STANDARD } from "../written-file.js";
import { exportAiWebhookCommand } from "./export-ai-webhook.js";

interface ExportOptions extends CommonOptions, AsOfOptions {
  force?: boolean;
  watch?: boolean;
  rawCells?: boolean;
  dialect?: SqlDialect;
}

export function exportCommand(state: RunState): Command {
  return noun("export", "write the sessions into a file of another format", [
    minskyJson(state),
    csv(state),
    sql(state),
    exportAiWebhookCommand(state),
  ]);
}

function minskyJson(state: RunState): Command {
  const summary = "a session-db.json as Minsky writes it; importing it gives the same sessions";
  const command = exportLeaf(state, "minsky-json", summary, () => ({ kind: "minsky-json" })).option(
    "--watch",
    "keep the file up to date until Ctrl-C, for tools that read only that",
  );
  return examples(command, ["sessiondb export minsky-json exported.json --store sqlite:./s.db"]);
}

function csv(state: RunState): Command {
  const format = ({ rawCells }: ExportOptions): ExportFormat => ({ kind: "csv", rawCells: rawCells === true });
  const command = exportLeaf(state, "csv", "one line a session, for spreadsheets", format).option(
    "--raw-cells",
    "leave texts as they are that a spreadsheet takes for a formula",
  );
  return examples(command, ["sessiondb export csv sessions.csv --store sqlite:./s.db"]);
}

function sql(state: RunState): Command {
  const format = ({ dialect = "sqlite" }: ExportOptions): ExportFormat => ({ kind: "sql", dialect });
  const summary = "a script that makes plain tables of the sessions and of who changed them, for reports";
  const dialect = new Option("--dialect <name>", "of which database").choices(SQL_DIALECTS).default("sqlite");
  const command = exportLeaf(state, "sql", summary, format).addOption(dialect);
  return examples(command, ["sessiondb export sql sessions.sql --dialect postgres --store sqlite:./s.db"]);
}

function exportLeaf(
  state: RunState,
  name: string,
  summary: string,
  formatOf: (options: ExportOptions) => ExportFormat,
): Command {
  return leaf<ExportOptions>(state, `${name} <file>`, summary, (context, file = "") =>
    runExport(context, formatOf(context.options), file === STANDARD ? undefined : expandPath(file)),
  )
    .addHelpText("after", "\nFILE - is standard output.")
    .option("--force", "replace a file that is there")
    .addOption(asOfOption());
}

async function runExport(
  { openStore, options, streams }: CommandContext<ExportOptions>,
  format: ExportFormat,
  file: string | undefined,
): Promise<number | undefined> {
  if (options.watch === true && options.asOf !== undefined) {
    throw new UsageError("ARGUMENT_INVALID", "--watch follows the present, --as-of is the past", {
      hint: "leave one of them out",
    });
  }
  const log = await openStore({ mustExist: true });
  const store = new SessionStore(log);
  if (file === undefined) return toStdout(store, format, { options, streams });
  const replace = options.force === true;
  const told = (report: ExportReport) => tell(streams, log.url, format, report);
  if (options.watch === true)
    return watch(streams, (signal) => mirrorSessions(store, file, { replace, signal, onWritten: told }));
  const point = await resolveAsOf(log, options, streams);
  const at = point === undefined ? {} : { asOf: point.offset };
  told(await interruptible((signal) => exportSessions(store, format, file, { replace, signal, ...at })));
  return undefined;
}

async function toStdout(
  store: SessionStore,
  format: ExportFormat,
  { options, streams }: Pick<CommandContext<ExportOptions>, "options" | "streams">,
): Promise<undefined> {
  if (options.watch === true || streams.json) {
    const why = streams.json ? "the sessions go to stdout, where --json wants its document" : "--watch replaces a file";
    throw new UsageError("ARGUMENT_INVALID", why, { hint: "name a file in the place of -" });
  }
  const point = await resolveAsOf(store.log, options, streams);
  const at = point === undefined ? {} : { asOf: point.offset };
  const report = await streamSessions(store, format, (text) => streams.handed(text), at);
  streams.note(`${report.sessions} sessions at offset ${report.offset}`);
  tellFaulty(streams, report);
}

/** Until Ctrl-C, which is how it ends in order. */
async function watch(streams: Streams, follow: (signal: AbortSignal) => Promise<void>): Promise<number | undefined> {
  const endings = new Endings();
  try {
    streams.note("following the store; Ctrl-C ends it");
    await follow(endings.signal);
    return endings.ending?.exitCode;
  } finally {
    endings.release();
  }
}

function tell(streams: Streams, store: string, format: ExportFormat, report: ExportReport): void {
  const { file, offset, sessions, bytes, faulty } = report;
  if (streams.json) streams.document({ schema: "export/1", store, format: format.kind, ...report });
  else streams.lines([`${store} → ${printable(file)}: ${sessions} sessions at offset ${offset}, ${bytes} bytes`]);
  tellFaulty(streams, { faulty });
}

function tellFaulty(streams: Streams, { faulty }: Pick<ExportReport, "faulty">): void {
  if (faulty > 0) streams.note(`${faulty} sessions have events that could not be read: run sessiondb verify`);
}
