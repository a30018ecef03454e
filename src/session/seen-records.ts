import type { SessionRecord, StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";

/**
 * What a storage gave to its callers, so that a record that comes back tells what its writer changed. The very object
 * that was given out is known for what it was then; of a copy of it, the last known state of the id is the best guess.
 */
export class SeenRecords {
  readonly #byObject = new WeakMap<object, StoredRecord>();
  readonly #byId = new Map<string, StoredRecord>();

  /** A copy for the caller; the frozen record of the document is what the caller saw. */
  give({ id, record }: SessionDocument): SessionRecord {
    const copy = structuredClone(record) as SessionRecord;
    this.#byObject.set(copy, record);
    this.#byId.set(id, record);
    return copy;
  }

  /** `inState`: the record of this id in the state that the writer had read, where that is known. */
  baseOf(record: SessionRecord, inState?: StoredRecord): StoredRecord | undefined {
    return this.#byObject.get(record) ?? inState ?? this.#byId.get(record.session);
  }

  /** After a write the writer's view is what it wrote, even where others' changes were kept beside it. */
  wrote(record: SessionRecord, stored: StoredRecord): void {
    this.#byObject.set(record, stored);
    this.#byId.set(stored.session, stored);
  }

  forget(id: string): void {
    this.#byId.delete(id);
  }
}
