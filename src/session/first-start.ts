import { existsSync, statSync } from "node:fs";
import { addressParts } from "../config/address.js";
import { defaultStoreUrl, legacyStatePath } from "../config/paths.js";
import { SessionDbError, StorageError } from "../errors.js";
import { readMinskyJson } from "../import/minsky-json.js";
import type { MinskySource } from "../import/minsky-source.js";
import type { ImportReport } from "../import/report.js";
import type { EventLog } from "../log/event-log.js";
import { importRecords } from "./import-records.js";
import { SessionStore } from "./session-store.js";

type Env = Readonly<Record<string, string | undefined>>;

export interface FirstStart {
  readonly log: EventLog;
  /** What was taken over. It stays as it is. */
  readonly file: string;
  /** undefined where another process was faster. */
  readonly report: ImportReport | undefined;
  readonly remarks: readonly string[];
}

/**
 * The first start with the default store: where it has no events yet and Minsky's session-db.json stands beside it, that
 * is taken over in one append, so that processes that start at once, or are killed, take it over once and whole. The file
 * is read before the store is opened, so one that is broken makes none.
 *
 * @returns undefined where there is nothing to take over; `open` was not called
 * @throws StorageError FIRST_START_FAILED: nothing was written
 */
export async function firstStart(open: () => Promise<EventLog>, env: Env): Promise<FirstStart | undefined> {
  const file = legacyStatePath(env);
  if (hasBytes(addressParts(defaultStoreUrl(env)).rest) || !existsSync(file)) return undefined;
  const source = await takeable(file, () => readMinskyJson(file));
  if (source.records.length === 0 && source.baseDir === undefined) return undefined;
  const log = await open();
  const { remarks } = source;
  if ((await log.tail()).offset > 0) return { log, file, report: undefined, remarks };
  const report = await takeable(file, () => importAll(log, file, source));
  // A process that was as fast has imported the same: then nothing was left to do here.
  const late = report.imported === 0 && report.unchanged > 0;
  return { log, file, report: late ? undefined : report, remarks };
}

function importAll(log: EventLog, file: string, { records, layout, baseDir }: MinskySource): Promise<ImportReport> {
  const options = { source: `minsky-json:${file}`, layout, reason: "first start", atomic: true };
  return importRecords(new SessionStore(log), records, baseDir === undefined ? options : { ...options, baseDir });
}

function hasBytes(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
  } catch {
    return true; // opening it says what is wrong with the place
  }
}

async function takeable<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof SessionDbError)) throw cause;
    throw new StorageError("FIRST_START_FAILED", `the first start was to take over ${file}: ${cause.message}`, {
      hint: "mend it, put a backup in its place or move it away; or import it by hand, with --store naming the store",
      cause,
    });
  }
}
