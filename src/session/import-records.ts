import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { stateDir } from "../config/paths.js";
import { RuleError } from "../errors.js";
import { emptyReport, type ForeignRecord, type ImportReport } from "../import/report.js";
import type { StreamAppend } from "../log/prepare.js";
import { assertStore } from "./assert-store.js";
import { decideImport } from "./decide-import.js";
import type { DocumentsById, SessionChange } from "./decide-state.js";
import { importBase } from "./import-base.js";
import { importBatches } from "./import-batches.js";
import { type Candidate, lastOfEachId, note, refuse } from "./import-candidates.js";
import type { SessionStore } from "./session-store.js";
import { writtenBaseDir } from "./write-base-dir.js";

export interface ImportOptions {
  /** Kind and place of the source, without a password; recorded with every event. The same source has the same name. */
  readonly source: string;
  /** How the source was laid out, for the report. */
  readonly layout?: string;
  readonly actor?: string;
  readonly reason?: string;
  /** The folder of the workspaces that the source names: the store takes it over. Default: the store keeps its own. */
  readonly baseDir?: string;
  /** All in one append, for what must be whole or not at all; bounded by the limits of one append. Default false. */
  readonly atomic?: boolean;
  /** Told after each append how many of the records that can be taken are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Takes over records of another system: new sessions are created, existing ones get what the source changed since it was
 * last imported, so importing the same again adds nothing. Every record that was read is counted; what could not be
 * taken is told with the reason.
 *
 * @throws InvalidEventError APPEND_TOO_LARGE where `atomic` and too many; nothing was written
 */
export async function importRecords(
  store: SessionStore,
  records: readonly ForeignRecord[],
  options: ImportOptions,
): Promise<ImportReport> {
  assertStore(store);
  const report = emptyReport(options.source, options.layout ?? "records");
  const candidates = lastOfEachId(records, report);
  const baseDir = new TakenBaseDir(store, options.baseDir);
  let others = () => baseDir.append();
  let done = 0;
  for (const batch of importBatches(candidates, options.atomic === true)) {
    await importBatch(store, { candidates: batch, others }, report, options);
    others = async () => [];
    done += batch.length;
    options.onProgress?.(done, candidates.length);
  }
  if (baseDir.changed) note(report, { kind: "remark", place: "", id: undefined, why: baseDir.remark });
  return report;
}

type Outcome = "imported" | "updated" | "unchanged" | RuleError;

interface Batch {
  readonly candidates: readonly Candidate[];
  /** What is appended with them. */
  readonly others: () => Promise<readonly StreamAppend[]>;
}

/** Outcomes of the last round only: a batch that lost a race is decided again as a whole. */
async function importBatch(
  store: SessionStore,
  { candidates, others }: Batch,
  report: ImportReport,
  options: ImportOptions,
): Promise<void> {
  const bases = await basesOf(store, candidates, options.source);
  let outcomes: Outcome[] = [];
  const decide = ({ documents }: DocumentsById) => {
    const decided = candidates.map(({ record }) => {
      const id = record.session;
      return decideOne(documents.get(id) ?? null, bases.get(id), record, options);
    });
    outcomes = decided.map(({ outcome }) => outcome);
    return decided.map(({ change }) => change).filter(({ events }) => events.length > 0);
  };
  await store.changeMany(decide, options, others);
  outcomes.forEach((outcome, index) => {
    const { place, record } = candidates[index] as Candidate;
    if (outcome instanceof RuleError) refuse(report, place, record.session, outcome);
    else report[outcome]++;
  });
}

/** Of a session that is as it was created and as the source has it, nothing is to be decided. */
async function basesOf(
  store: SessionStore,
  candidates: readonly Candidate[],
  source: string,
): Promise<Map<string, StoredRecord>> {
  const { documents } = await store.folded();
  const changed = candidates
    .map(({ record }) => record)
    .filter((record) => {
      const current = documents.get(record.session);
      if (current === undefined || current.deleted !== null) return false;
      return current.version > 1 || !isSameJson(current.record, record);
    });
  const bases = new Map<string, StoredRecord>();
  for (const record of changed) {
    const base = await importBase(store, record, source);
    if (base !== undefined) bases.set(record.session, base);
  }
  return bases;
}

function decideOne(
  current: SessionDocument | null,
  base: StoredRecord | undefined,
  record: StoredRecord,
  options: ImportOptions,
): { outcome: Outcome; change: SessionChange } {
  const id = record.session;
  try {
    const events = decideImport(current, base, record, options);
    const outcome = current === null ? "imported" : events.length === 0 ? "unchanged" : "updated";
    return { outcome, change: { id, events } };
  } catch (error) {
    if (error instanceof RuleError) return { outcome: error, change: { id, events: [] } };
    throw error;
  }
}

/** The base folder of the source, which the store takes over with the first batch. */
class TakenBaseDir {
  /** As of the last attempt to append. */
  changed = false;
  readonly #store: SessionStore;
  readonly #baseDir: string | undefined;

  constructor(store: SessionStore, baseDir: string | undefined) {
    this.#store = store;
    this.#baseDir = baseDir;
  }

  get remark(): string {
    return `the store's base folder becomes ${JSON.stringify(this.#baseDir)}`;
  }

  async append(): Promise<readonly StreamAppend[]> {
    const append = await writtenBaseDir(this.#store, this.#baseDir, stateDir(process.env));
    this.changed = append.length > 0;
    return append;
  }
}
