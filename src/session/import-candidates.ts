import type { StoredRecord } from "../../projections/session-record.js";
import { SessionDbError } from "../errors.js";
import type { ForeignRecord, ImportNote, ImportReport } from "../import/report.js";
import { normaliseRecord } from "./normalise-record.js";

/** A record that can be taken, and its place in the source. */
export interface Candidate {
  readonly place: string;
  readonly record: StoredRecord;
}

/** What is to be imported; the report counts and tells all else. The last record of an id wins. */
export function lastOfEachId(records: readonly ForeignRecord[], report: ImportReport): Candidate[] {
  const byId = new Map<string, Candidate>();
  for (const foreign of records) {
    report.read++;
    const candidate = normalised(foreign, report);
    if (candidate === undefined) continue;
    const id = candidate.record.session;
    const earlier = byId.get(id);
    if (earlier !== undefined) {
      report.duplicates++;
      const why = `a later record has the same id: ${foreign.place}`;
      note(report, { kind: "duplicate", place: earlier.place, id, why });
    }
    // Where the last one stood: the order is that of the records that were taken.
    byId.delete(id);
    byId.set(id, candidate);
  }
  return [...byId.values()];
}

function normalised({ place, record: found, ...reader }: ForeignRecord, report: ImportReport): Candidate | undefined {
  try {
    const { record, ...normaliser } = normaliseRecord(found);
    const id = record.session;
    const repairs = [...(reader.repairs ?? []), ...normaliser.repairs];
    if (repairs.length > 0) report.repaired++;
    for (const why of repairs) note(report, { kind: "repaired", place, id, why });
    for (const why of [...(reader.remarks ?? []), ...normaliser.remarks])
      note(report, { kind: "remark", place, id, why });
    return { place, record };
  } catch (error) {
    refuse(report, place, idText(found), error);
    return undefined;
  }
}

/** @throws errors that are no fault of the record */
export function refuse(report: ImportReport, place: string, id: string | undefined, error: unknown): void {
  if (!(error instanceof SessionDbError)) throw error;
  report.refused++;
  note(report, { kind: "refused", place, id, why: error.message });
}

export function note(report: ImportReport, one: ImportNote): void {
  (report.notes as ImportNote[]).push(one);
}

function idText(foreign: unknown): string | undefined {
  const { session } = (typeof foreign === "object" && foreign !== null ? foreign : {}) as { session?: unknown };
  return typeof session === "string" ? session : undefined;
}
