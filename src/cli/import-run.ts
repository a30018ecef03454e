import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import type { Command } from "commander";
import { defined } from "../defined.js";
import { RefusedError, UsageError } from "../errors.js";
import { AtomicFile } from "../export/atomic-file.js";
import type { MinskySource } from "../import/minsky-source.js";
import { importRecords } from "../session/import-records.js";
import { SessionStore } from "../session/session-store.js";
import { assertNotStore } from "../session/store-file.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { endImport } from "./end-import.js";
import { progressLine } from "./output/progress.js";
import { stoppableImport } from "./stoppable-import.js";
import { fileOnly } from "./written-file.js";

export interface ImportOptions extends CommonOptions {
  dryRun?: boolean;
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

export function withImportOptions(command: Command): Command {
  return command
    .option("--dry-run", "write nothing, say what would be imported")
    .option(
      "--report <file>",
      "write the whole report as JSON",
      fileOnly("--report", "--json prints the report on stdout"),
    )
    .option("--reason <text>", "why, for the audit trail");
}

/** Reads the whole source before the store is opened, so that a source that cannot be read makes no store. */
export async function runImport(context: CommandContext<ImportOptions>, run: ImportRun): Promise<number> {
  const found = await run.read();
  return stoppableImport((goOn) => takeOver(context, run, found, goOn));
}

async function takeOver(
  context: CommandContext<ImportOptions>,
  run: ImportRun,
  found: MinskySource,
  goOn: () => void,
): Promise<number> {
  const { options, openStore, streams } = context;
  const showProgress = progressLine(streams, "importing");
  const reportFile = await openReport(options.report, run.file);
  try {
    const bringsNothing = found.records.length === 0 && found.baseDir === undefined; // makes no store, either
    const log = await openStore({ trial: options.dryRun === true || bringsNothing });
    if (reportFile !== undefined) assertNotStore(reportFile.path, log.url);
    const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
    const report = await importRecords(store, found.records, {
      source: run.source,
      layout: found.layout,
      ...defined({ baseDir: found.baseDir, reason: options.reason }),
      onProgress: (done, total) => {
        showProgress(done, total);
        if (done < total) goOn();
      },
    });
    streams.progress("");
    const { remarks } = found;
    return await endImport(context, log, reportFile, {
      document: { schema: "import/1", ...report, remarks },
      source: `${run.source} (${found.layout})`,
    });
  } finally {
    await reportFile?.discard();
  }
}

const REPORT_BEGINS = /^\{\s*"schema": ?"(?:web-)?import\/\d/;
const BEGINNING_BYTES = 64;

/**
 * Made before the import, so that a report that cannot be written stops it. Only a report is replaced: any other file that
 * is there may be a store, or what else somebody needs.
 *
 * @throws UsageError TARGET_IS_SOURCE, RefusedError OUTPUT_EXISTS, StorageError OUTPUT_UNWRITABLE
 */
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
  if (existsSync(path) && !isReport(path)) {
    throw new RefusedError("OUTPUT_EXISTS", `${path} is there already, and is no report; it was not touched`, {
      hint: "name another file with --report",
    });
  }
  return AtomicFile.create(path, { replace: true });
}

function isReport(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isFile() !== true) return false;
  const fd = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(BEGINNING_BYTES);
    return REPORT_BEGINS.test(bytes.toString("utf8", 0, readSync(fd, bytes)));
  } finally {
    closeSync(fd);
  }
}

function placeOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // a file that is not there is not the source
  }
}
