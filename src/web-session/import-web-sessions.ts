import { InvalidEventError, UsageError } from "../errors.js";
import type { ImportNote, ImportReport } from "../import/report.js";
import type { WebSessionRecord } from "../import/web-session.js";
import { parseFieldPath } from "../inspect/field-path.js";
import { adoptSession } from "./adopt-session.js";
import { type AdoptedSession, adoptedSession } from "./adopted-session.js";
import { assertStore } from "./assert-store.js";
import { StreamChanges } from "./stream-changes.js";
import type { WebSessionStore } from "./web-session-store.js";

/** Sessions that are written at once: they share the log's next writes. */
const AT_ONCE = 200;
/** Characters of these. */
const MAX_CHARS_AT_ONCE = 16 * 1024 * 1024;

/** Every row stands in exactly one of the counts; `repaired` counts some of them again. */
export interface WebImportReport extends ImportReport {
  /** They had ended before the import. */
  expired: number;
  /** Used, logged out or erased here since they were imported: what is here stays. */
  kept: number;
}

export interface WebImportOptions {
  /** Kind and place of the source, without a password: it stands in every event. The same source has the same name. */
  readonly source: string;
  readonly reason?: string;
  /** Where in a session its user's id stands. Default: what the other store says, else the store's own `userIdPath`. */
  readonly userIdPath?: string;
  /** Called now and then. */
  readonly onProgress?: (report: WebImportReport) => void;
}

/**
 * Takes over sessions of another store that live: whoever has the id of one in a cookie goes on with it. Their data is
 * sealed before it reaches the log, so read them with `keepSecrets`. Again, it adds what the source has changed since.
 * What was logged out here does not come back; what the source has deleted since stays.
 *
 * @throws UsageError FIELD_PATH_INVALID; whatever reading and writing throw. What was imported by then stands, and the same
 *   call goes on
 */
export async function importWebSessions(
  store: WebSessionStore,
  { records, report: counts }: { readonly records: AsyncIterable<WebSessionRecord>; readonly report: ImportReport },
  { source, reason, userIdPath, onProgress }: WebImportOptions,
): Promise<WebImportReport> {
  assertStore(store);
  const report = Object.assign(counts, { expired: 0, kept: 0 });
  const userPath = userIdPath === undefined ? undefined : parseFieldPath(userIdPath);
  const { rules, log, keys } = store;
  const to = { log, keys, changes: new StreamChanges(log, rules.actor) };
  for await (const batch of batches(records, report, () => ({
    userPath,
    defaultUserPath: rules.userPath,
    now: rules.now(),
  }))) {
    const outcomes = await Promise.allSettled(batch.map((one) => adoptSession(to, one, { source, reason })));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw outcome.reason;
      report[outcome.value]++;
    }
    onProgress?.(report);
  }
  return report;
}

async function* batches(
  records: AsyncIterable<WebSessionRecord>,
  report: WebImportReport,
  rules: () => Parameters<typeof adoptedSession>[1],
): AsyncGenerator<readonly AdoptedSession[], void, undefined> {
  let batch: AdoptedSession[] = [];
  let chars = 0;
  const taken = new Set<string>();
  for await (const record of records) {
    const one = adopted(record, report, rules());
    if (one === undefined || isRepeated(one, taken, report)) continue;
    batch.push(one);
    chars += one.text.length;
    if (batch.length < AT_ONCE && chars < MAX_CHARS_AT_ONCE) continue;
    yield batch;
    batch = [];
    chars = 0;
  }
  if (batch.length > 0) yield batch;
}

/** A table without a primary key can hold an id twice. Taking both would write both again with every import. */
function isRepeated({ stream }: AdoptedSession, taken: Set<string>, report: WebImportReport): boolean {
  if (!taken.has(stream)) {
    taken.add(stream);
    return false;
  }
  report.duplicates++;
  const why = "an earlier row has the same id; that one was taken";
  (report.notes as ImportNote[]).push({ kind: "duplicate", place: `row ${report.read}`, id: undefined, why });
  return true;
}

/** @returns undefined for one that is counted and not written */
function adopted(
  record: WebSessionRecord,
  report: WebImportReport,
  rules: Parameters<typeof adoptedSession>[1],
): AdoptedSession | undefined {
  if (!(Date.parse(record.expiresAt) > rules.now.getTime())) {
    report.expired++;
    return undefined;
  }
  try {
    return adoptedSession(record, rules);
  } catch (error) {
    if (!(error instanceof InvalidEventError || error instanceof UsageError)) throw error;
    report.refused++;
    // By its number, as its reader does: who knows the id of a session can use it.
    const note: ImportNote = { kind: "refused", place: `row ${report.read}`, id: undefined, why: error.message };
    (report.notes as ImportNote[]).push(note);
    return undefined;
  }
}
