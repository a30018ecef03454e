import { defined } from "../defined.js";
import type { WebSessionRecord } from "../import/web-session.js";
import type { ForeignRead } from "../open-foreign.js";
import { assertNotStore } from "../session/store-file.js";
import { importWebSessions, type WebImportOptions, type WebImportReport } from "../web-session/import-web-sessions.js";
import type { CommandContext } from "./command.js";
import { endImport } from "./end-import.js";
import { type ImportOptions, openReport } from "./import-run.js";
import { stoppableImport } from "./stoppable-import.js";
import { urlOfWebStore, type WebChangeOptions, withSessions } from "./web-leaf.js";

export interface WebImportRunOptions extends ImportOptions, WebChangeOptions {
  table?: string;
  userPath?: string;
}

/**
 * The first row is read before the store is opened, so that a source that cannot be read makes no store. `file` is the
 * source, where it is a file.
 */
export function runWebImport(
  context: CommandContext<WebImportRunOptions>,
  found: ForeignRead<WebSessionRecord>,
  file: string | undefined,
): Promise<number> {
  return stoppableImport((goOn) => takeOver(context, found, file, goOn));
}

async function takeOver(
  context: CommandContext<WebImportRunOptions>,
  { records, report: counts }: ForeignRead<WebSessionRecord>,
  file: string | undefined,
  goOn: () => void,
): Promise<number> {
  const { options, open, streams } = context;
  const reportFile = await openReport(options.report, file);
  try {
    const first = await records.next();
    const log = await open(urlOfWebStore(options), { trial: options.dryRun === true });
    if (reportFile !== undefined) assertNotStore(reportFile.path, log.url);
    const found = { records: withFirst(first, records), report: counts };
    const about = importOptions(counts.source, options, ({ read }) => {
      streams.progress(`${read} sessions read`);
      goOn();
    });
    const report = await withSessions(log, options, (sessions) => importWebSessions(sessions, found, about));
    return await endImport(context, log, reportFile, {
      document: { schema: "web-import/1", ...report },
      source: report.source,
      more: `, ${report.expired} had expired, ${report.kept} kept as they are here`,
    });
  } finally {
    await records.return();
    await reportFile?.discard();
  }
}

async function* withFirst<T>(
  first: IteratorResult<T, void>,
  others: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  if (first.done === true) return;
  yield first.value;
  yield* others;
}

function importOptions(
  source: string,
  { reason, userPath }: WebImportRunOptions,
  onProgress: (report: WebImportReport) => void,
): WebImportOptions {
  const why = reason === undefined ? {} : { reason };
  return { source, onProgress, ...why, ...defined({ userIdPath: userPath }) };
}
