import type { AtomicFile } from "../export/atomic-file.js";
import type { ImportReport } from "../import/report.js";
import type { EventLog } from "../log/event-log.js";
import { EXIT } from "./exit-code.js";
import { importSummary, tellImport } from "./output/import-report.js";
import type { Streams } from "./output/streams.js";

interface EndedImport {
  /** What became of the records, for programs; where the log is and ends is added. */
  readonly document: ImportReport & { readonly schema: string; readonly remarks?: readonly string[] };
  /** For people. */
  readonly source: string;
  /** What the summary says besides. */
  readonly more?: string;
}

/**
 * Writes the report, and prints what was imported, or with --dry-run would be.
 *
 * @returns exit code 1 where records were refused, or would be: a script must not take a part for the whole
 */
export async function endImport(
  { options, streams }: { readonly options: { readonly dryRun?: boolean }; readonly streams: Streams },
  log: EventLog,
  reportFile: AtomicFile | undefined,
  { document, source, more = "" }: EndedImport,
): Promise<number> {
  const { dryRun = false } = options;
  const { offset } = await log.tail();
  const { schema, ...report } = document;
  const whole = { schema, store: log.url, dryRun, offset, ...report };
  await reportFile?.write(`${JSON.stringify(whole, null, 2)}\n`);
  await reportFile?.commit();
  if (streams.json) streams.document(whole);
  else {
    streams.lines([`${source} → ${log.url}`, `${importSummary(document, dryRun)}${more}`]);
    if (dryRun) streams.lines([`nothing was written; the log would end at offset ${offset}`]);
    tellImport(streams, document, document.remarks ?? []);
  }
  return document.refused > 0 ? EXIT.failed : EXIT.done;
}
