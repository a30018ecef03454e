import type { SessionRecord } from "../../projections/session-record.js";
import { UsageError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import { maskUrl } from "../log/mask-url.js";
import type { ChangesOf } from "./changes-of.js";
import type {
  DatabaseQueryOptions,
  DatabaseReadResult,
  DatabaseStorage,
  DatabaseWriteResult,
  SessionDbState,
  WriteOptions,
} from "./database-storage.js";
import { type DocumentsById, decideState } from "./decide-state.js";
import { decideWrite } from "./decide-write.js";
import { LazyStore, type OpenStore } from "./lazy-store.js";
import { querySessions } from "./query-sessions.js";
import { SeenRecords } from "./seen-records.js";
import { SeenStates } from "./seen-states.js";
import { storedRecord } from "./stored-record.js";
import { writtenBaseDir } from "./write-base-dir.js";

export interface SessionStorageOptions {
  /** For people: a path, or an address. */
  readonly location: string;
  /** What readState says as long as no other was written. */
  readonly baseDir: string;
}

/**
 * The documented storage over a log of events. It remembers what it last gave or took of each session, so that a record
 * that comes back says what its writer changed, and nobody else's change is overwritten.
 */
export class SessionStorage implements DatabaseStorage<SessionRecord, SessionDbState> {
  readonly #store: LazyStore;
  readonly #options: SessionStorageOptions;
  readonly #seen = new SeenRecords();
  readonly #states = new SeenStates(this.#seen);

  constructor(open: OpenStore, options: SessionStorageOptions) {
    this.#store = new LazyStore(open);
    this.#options = options;
  }

  async initialize(): Promise<boolean> {
    await this.#store.get();
    return true;
  }

  readState(): Promise<DatabaseReadResult<SessionDbState>> {
    return readResult(async () => {
      const store = await this.#store.get();
      const { documents } = await store.list();
      return this.#states.give(documents, await this.getBaseDir());
    });
  }

  writeState(state: SessionDbState, options: WriteOptions = {}): Promise<DatabaseWriteResult> {
    return writeResult(async () => {
      if (options.expectedVersion !== undefined) throw versionOfMany();
      const store = await this.#store.get();
      const write = this.#states.writeOf(state);
      const baseDir = () => writtenBaseDir(store, state.baseDir, this.#options.baseDir);
      const decide = ({ documents }: DocumentsById) => decideState(documents, write, options);
      const result = await store.changeMany(decide, options, baseDir);
      this.#states.wrote(state, write);
      return result?.events ?? [];
    });
  }

  readEntity(id: string): Promise<DatabaseReadResult<SessionRecord>> {
    return readResult(async () => (await this.getEntity(id)) ?? undefined);
  }

  writeEntity(entity: SessionRecord, options: WriteOptions = {}): Promise<DatabaseWriteResult> {
    return writeResult(async () => {
      const store = await this.#store.get();
      const next = storedRecord(entity);
      const base = this.#seen.baseOf(entity);
      const { events } = await store.change(next.session, (now) => decideWrite(now, base, next, options), options);
      this.#seen.wrote(entity, next);
      return events;
    });
  }

  deleteEntity(id: string, options: WriteOptions = {}): Promise<DatabaseWriteResult> {
    return writeResult(async () => {
      const { events } = await (await this.#store.get()).delete(id, options);
      this.#seen.forget(id);
      return events;
    });
  }

  listEntities(options: DatabaseQueryOptions = {}): Promise<DatabaseReadResult<SessionRecord[]>> {
    return readResult(() => this.getEntities(options));
  }

  getStorageLocation(): string {
    return maskUrl(this.#options.location);
  }

  async getEntity(id: string): Promise<SessionRecord | null> {
    const document = await (await this.#store.get()).load(id);
    return document === null ? null : this.#seen.give(document);
  }

  async getEntities(options: DatabaseQueryOptions = {}): Promise<SessionRecord[]> {
    const { documents } = await (await this.#store.get()).list();
    return querySessions([...documents], options).map((document) => this.#seen.give(document));
  }

  async createEntity(entity: SessionRecord, options: WriteOptions = {}): Promise<SessionRecord> {
    const { document } = await (await this.#store.get()).create(entity, options);
    return this.#seen.give(document);
  }

  async updateEntity(
    id: string,
    changes: ChangesOf<SessionRecord>,
    options: WriteOptions = {},
  ): Promise<SessionRecord | null> {
    const store = await this.#store.get();
    if ((await store.load(id)) === null) return null;
    const { document } = await store.update(id, changes, options);
    return this.#seen.give(document);
  }

  async entityExists(id: string): Promise<boolean> {
    return (await (await this.#store.get()).load(id)) !== null;
  }

  async getBaseDir(): Promise<string> {
    const { document } = await (await this.#store.get()).settings();
    return document?.baseDir ?? this.#options.baseDir;
  }

  get isClosed(): boolean {
    return this.#store.isClosed;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** To pass it over would be to overwrite what its caller has not read. */
function versionOfMany(): UsageError {
  return new UsageError("ARGUMENT_INVALID", "a state of many sessions has no expected version; nothing was written", {
    hint: "write the one session with writeEntity",
  });
}

async function readResult<T>(read: () => Promise<T | undefined>): Promise<DatabaseReadResult<T>> {
  try {
    const data = await read();
    return data === undefined ? { success: true } : { success: true, data };
  } catch (error) {
    return { success: false, error: error as Error };
  }
}

async function writeResult(write: () => Promise<readonly SealedEvent[]>): Promise<DatabaseWriteResult> {
  try {
    const events = await write();
    const bytesWritten = events.reduce((sum, { dataText }) => sum + Buffer.byteLength(dataText ?? ""), 0);
    return { success: true, bytesWritten };
  } catch (error) {
    return { success: false, error: error as Error };
  }
}
