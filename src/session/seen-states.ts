import type { SessionRecord, StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { UsageError } from "../errors.js";
import type { SessionDbState } from "./database-storage.js";
import type { StateWrite } from "./decide-state.js";
import type { SeenRecords } from "./seen-records.js";
import { storedRecord } from "./stored-record.js";

/** The sessions of a state as its reader saw them, by id. */
type StateView = ReadonlyMap<string, StoredRecord>;

/**
 * Which state the writer of a state had read. Several users of one storage read and write in turn, so the last read is
 * not always the writer's: the state object tells, and so does any record in it that the storage gave out with a state.
 * Only where all of it was copied, the last read is the best guess.
 */
export class SeenStates {
  readonly #seen: SeenRecords;
  /** By state and by record. */
  readonly #viewByObject = new WeakMap<object, StateView>();
  #lastView: StateView = new Map();

  constructor(seen: SeenRecords) {
    this.#seen = seen;
  }

  give(documents: readonly SessionDocument[], baseDir: string): SessionDbState {
    const state = { sessions: documents.map((one) => this.#seen.give(one)), baseDir };
    this.#saw(state, new Map(documents.map(({ id, record }) => [id, record])));
    return state;
  }

  /** @throws what {@link storedRecord} throws, UsageError SESSION_RECORD_INVALID */
  writeOf(state: SessionDbState): StateWrite {
    assertHoldsSessions(state);
    const known = this.#viewOf(state);
    const records = state.sessions.map((record) => {
      const next = storedRecord(record);
      return { base: this.#seen.baseOf(record, known?.get(next.session)), next };
    });
    return { baseIds: new Set((known ?? this.#lastView).keys()), records };
  }

  wrote(state: SessionDbState, { records }: StateWrite): void {
    const view = new Map(records.map(({ next }) => [next.session, next]));
    records.forEach(({ next }, index) => {
      this.#seen.wrote(state.sessions[index] as SessionRecord, next);
    });
    this.#saw(state, view);
  }

  #saw(state: SessionDbState, view: StateView): void {
    this.#lastView = view;
    for (const object of [state, ...state.sessions]) this.#viewByObject.set(object, view);
  }

  #viewOf(state: SessionDbState): StateView | undefined {
    const known = [state, ...state.sessions].find((object) => this.#viewByObject.has(object));
    return known === undefined ? undefined : this.#viewByObject.get(known);
  }
}

function assertHoldsSessions(state: SessionDbState): void {
  const { sessions } = (state ?? {}) as { sessions?: unknown };
  if (Array.isArray(sessions)) return;
  throw new UsageError("SESSION_RECORD_INVALID", "a state holds the list of its sessions", {
    hint: 'write {"sessions": [...], "baseDir": "..."}, as readState gives it',
  });
}
