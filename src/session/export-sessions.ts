import { assertOptions } from "../config/known-options.js";
import { stateDir } from "../config/paths.js";
import { defined } from "../defined.js";
import { writeAtomically } from "../export/atomic-file.js";
import { csvText } from "../export/csv.js";
import { minskyJsonText } from "../export/minsky-json.js";
import { type SqlDialect, sqlText } from "../export/sql.js";
import { eventsOf } from "../log/paging.js";
import type { AsOf } from "./as-of.js";
import { assertStore } from "./assert-store.js";
import type { SessionList, SessionStore } from "./session-store.js";
import { assertNotStore } from "./store-file.js";

/** What is written, and how. */
export type ExportFormat =
  /** A session-db.json: `{"sessions": […], "baseDir": "…"}`. */
  | { readonly kind: "minsky-json" }
  /** One line a session. `rawCells`: texts that a spreadsheet takes for a formula stay as they are. */
  | { readonly kind: "csv"; readonly rawCells?: boolean }
  /** A script that makes and fills the tables `sessions` and `session_events`. */
  | { readonly kind: "sql"; readonly dialect: SqlDialect };

export interface ExportOptions extends AsOf {
  /** May take the place of a file that is there. Default: that is refused. */
  readonly replace?: boolean;
  /** Stops the writing; then nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface ExportReport {
  readonly file: string;
  /** The state is that after this offset (inclusive). */
  readonly offset: number;
  /** Sessions written: all but the deleted ones. */
  readonly sessions: number;
  readonly bytes: number;
  /** Of these, sessions with events that could not be read: they are written with what is known of them. */
  readonly faulty: number;
}

/**
 * Writes the sessions of one offset into a file that others see whole or not at all, readable by its owner only. A
 * minsky-json that is imported into an empty log gives the same records, in the same order.
 *
 * @throws RefusedError OUTPUT_EXISTS, StorageError OUTPUT_UNWRITABLE, UsageError TARGET_IS_SOURCE: what was there stands
 */
export async function exportSessions(
  store: SessionStore,
  format: ExportFormat,
  file: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  assertStore(store);
  assertOptions("exportSessions", options, { asOf: true, replace: true, signal: true });
  const { asOf, replace = false, signal } = options;
  assertNotStore(file, store.log.url);
  const list = await store.list(defined({ asOf }));
  const texts = await textsOf(store, format, list);
  const bytes = await writeAtomically(file, texts, { replace, ...(signal && { signal }) });
  return { file, bytes, ...countsOf(list) };
}

/**
 * The same in pieces, for a stream.
 *
 * @param taken resolves to false where nobody reads any more: then no more is given
 */
export async function streamSessions(
  store: SessionStore,
  format: ExportFormat,
  taken: (text: string) => Promise<boolean>,
  options: Pick<ExportOptions, "asOf"> = {},
): Promise<Omit<ExportReport, "file" | "bytes">> {
  const list = await store.list(options);
  for await (const text of await textsOf(store, format, list)) if (!(await taken(text))) break;
  return countsOf(list);
}

function countsOf({ documents, offset }: SessionList): Omit<ExportReport, "file" | "bytes"> {
  const faulty = documents.filter(({ faults }) => faults.length > 0).length;
  return { offset, sessions: documents.length, faulty };
}

async function textsOf(
  store: SessionStore,
  format: ExportFormat,
  { documents, offset }: SessionList,
): Promise<Iterable<string> | AsyncIterable<string>> {
  switch (format.kind) {
    case "minsky-json": {
      const { document: settings } = await store.settings({ asOf: offset });
      const baseDir = settings?.baseDir ?? stateDir(process.env);
      return minskyJsonText({ records: documents.map(({ record }) => record), baseDir });
    }
    case "csv":
      return csvText(documents, format);
    case "sql":
      return sqlText(documents, eventsOf(store.log.readAll({ to: offset })), format.dialect);
    default:
      throw new TypeError(`unhandled ${format satisfies never}`);
  }
}
