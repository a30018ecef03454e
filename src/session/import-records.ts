import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { RuleError, SessionDbError } from "../errors.js";
import { emptyReport, type ForeignRecord, type ImportNote, type ImportReport } from "../import/report.js";
import { decideImport } from "./decide-import.js";
import type { SessionChange } from "./decide-state.js";
import { normaliseRecord } from "./normalise-record.js";
import type { SessionStore } from "./session-store.js";

/** Sessions in one atomic append: an import that is cut off leaves whole batches, and goes on when it is repeated. */
export const MAX_IMPORT_BATCH = 500;

export interface ImportOptions {
  /** Recorded with every event. */
  readonly source: string;
  /** How the source was laid out, for the report. */
  readonly layout?: string;
  readonly actor?: string;
  readonly reason?: string;
}

interface Candidate {
  readonly place: string;
  readonly record: StoredRecord;
}

/**
 * Takes over records of another system: new sessions are created, existing ones get the differences, equal ones nothing.
 * Every record that was read is counted; what could not be taken is told with the reason.
 */
export async function importRecords(
  store: SessionStore,
  records: readonly ForeignRecord[],
  options: ImportOptions,
): Promise<ImportReport> {
  const report = emptyReport(options.source, options.layout ?? "records");
  const candidates = lastOfEachId(records, report);
  for (let start = 0; start < candidates.length; start += MAX_IMPORT_BATCH) {
    await importBatch(store, candidates.slice(start, start + MAX_IMPORT_BATCH), report, options);
  }
  return report;
}

function lastOfEachId(records: readonly ForeignRecord[], report: ImportReport): Candidate[] {
  const byId = new Map<string, Candidate>();
  for (const { place, record } of records) {
    report.read++;
    const candidate = normalised(place, record, report);
    if (candidate === undefined) continue;
    const id = candidate.record.session;
    const earlier = byId.get(id);
    if (earlier !== undefined) {
      report.duplicates++;
      note(report, { kind: "duplicate", place: earlier.place, id, why: `a later record has the same id: ${place}` });
    }
    byId.set(id, candidate);
  }
  return [...byId.values()];
}

function normalised(place: string, foreign: unknown, report: ImportReport): Candidate | undefined {
  try {
    const { record, repairs, remarks } = normaliseRecord(foreign);
    const id = record.session;
    if (repairs.length > 0) report.repaired++;
    for (const why of repairs) note(report, { kind: "repaired", place, id, why });
    for (const why of remarks) note(report, { kind: "remark", place, id, why });
    return { place, record };
  } catch (error) {
    refuse(report, place, idText(foreign), error);
    return undefined;
  }
}

type Outcome = "imported" | "updated" | "unchanged" | RuleError;

/** Outcomes of the last round only: a batch that lost a race is decided again as a whole. */
async function importBatch(
  store: SessionStore,
  batch: readonly Candidate[],
  report: ImportReport,
  options: ImportOptions,
): Promise<void> {
  let outcomes: Outcome[] = [];
  await store.changeMany(({ documents }) => {
    const decided = batch.map(({ record }) => decideOne(documents.get(record.session) ?? null, record, options));
    outcomes = decided.map(({ outcome }) => outcome);
    return decided.map(({ change }) => change).filter(({ events }) => events.length > 0);
  }, options);
  outcomes.forEach((outcome, index) => {
    const { place, record } = batch[index] as Candidate;
    if (outcome instanceof RuleError) refuse(report, place, record.session, outcome);
    else report[outcome]++;
  });
}

function decideOne(
  current: SessionDocument | null,
  record: StoredRecord,
  options: ImportOptions,
): { outcome: Outcome; change: SessionChange } {
  const id = record.session;
  try {
    const events = decideImport(current, record, options);
    const outcome = current === null ? "imported" : events.length === 0 ? "unchanged" : "updated";
    return { outcome, change: { id, events } };
  } catch (error) {
    if (error instanceof RuleError) return { outcome: error, change: { id, events: [] } };
    throw error;
  }
}

function refuse(report: ImportReport, place: string, id: string | undefined, error: unknown): void {
  if (!(error instanceof SessionDbError)) throw error;
  report.refused++;
  note(report, { kind: "refused", place, id, why: error.message });
}

function note(report: ImportReport, one: ImportNote): void {
  (report.notes as ImportNote[]).push(one);
}

function idText(foreign: unknown): string | undefined {
  const { session } = (typeof foreign === "object" && foreign !== null ? foreign : {}) as { session?: unknown };
  return typeof session === "string" ? session : undefined;
}
