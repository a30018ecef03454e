import { realpathSync } from "node:fs";
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { AtomicFile } from "../export/atomic-file.js";
import type { MinskySource } from "../import/minsky-source.js";
import type { ImportReport } from "../import/report.js";
import { importRecords } from "../session/import-records.js";
import { SessionStore } from "../session/session-store.js";
import { assertNotStore } from "../session/store-file.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { EXIT } from "./exit-code.js";
import { importSummary, tellImport } from "./output/import-report.js";

export interface ImportOptions extends CommonOptions {
  report?: string;
  reason?: string;
}

export interface ImportRun {
  /** Kind and place, without a password: the same source has the same name, wherever the command is run. */
  readonly source: string;
  /** Where the source is a file: the report must not take its place. */
  readonly file?: string;
  read(): Promise<MinskySource>;
}

export function withReport(command: Command): Command {
  return command
    .option("--report <file>", "write the whole report as JSON")
    .option("--reason <text>", "why, for the audit trail");
}

/**
 * Reads the whole source before the store is opened, so that a source that cannot be read makes no store. Exit code 1
 * where records were refused: a script must not take a part for the whole.
 */
export async function runImport(context: CommandContext<ImportOptions>, run: ImportRun): Promise<number> {
  const { options, openStore, streams } = context;
  const found = await run.read();
  const reportFile = await openReport(options.report, run.file);
  try {
    const log = await openStore();
    if (reportFile !== undefined) assertNotStore(reportFile.path, log.url);
    const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
    const report = await importRecords(store, found.records, {
      source: run.source,
      layout: found.layout,
      ...(found.baseDir === undefined ? {} : { baseDir: found.baseDir }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    });
    const { offset } = await log.tail();
    const document = { schema: "import/1", store: log.url, offset, ...report, remarks: found.remarks };
    await reportFile?.write(`${JSON.stringify(document, null, 2)}\n`);
    await reportFile?.commit();
    if (streams.json) streams.document(document);
    else {
      streams.lines([`${run.source} (${found.layout}) → ${log.url}`, importSummary(report)]);
      tellImport(streams, report, found.remarks);
    }
    return exitCodeOf(report);
  } finally {
    await reportFile?.discard();
  }
}

/** Made before the import, so that a report that cannot be written stops it. */
export async function openReport(
  path: string | undefined,
  source: string | undefined,
): Promise<AtomicFile | undefined> {
  if (path === undefined) return undefined;
  if (source !== undefined && placeOf(path) === placeOf(source)) {
    throw new UsageError("TARGET_IS_SOURCE", `${path} is the source; the report must not take its place`, {
      hint: "name another file with --report",
    });
  }
  return AtomicFile.create(path, { replace: true });
}

function placeOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // a file that is not there is not the source
  }
}

function exitCodeOf({ refused }: ImportReport): number {
  return refused > 0 ? EXIT.failed : EXIT.done;
}
