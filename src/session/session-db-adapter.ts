import type { SessionRecord } from "../../projections/session-record.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import type { ChangesOf } from "./changes-of.js";
import type { WriteOptions } from "./database-storage.js";
import type { SessionDatabaseStorage } from "./storage-backend-factory.js";
import { taskIdMatch } from "./task-id.js";
import { defaultPath, recordedPath } from "./workspace-path.js";

/** The session provider's calls over a storage. All of them reject where the storage fails. */
export class SessionDbAdapter {
  readonly #storage: SessionDatabaseStorage;

  constructor(storage: SessionDatabaseStorage) {
    this.#storage = storage;
  }

  listSessions(): Promise<SessionRecord[]> {
    return this.#storage.getEntities();
  }

  getSession(id: string): Promise<SessionRecord | null> {
    return this.#storage.getEntity(id);
  }

  /** In all spellings of a task id; the closest match first, then the oldest session. */
  async getSessionByTaskId(taskId: string): Promise<SessionRecord | null> {
    const found = await this.#storage.getEntities({ taskId });
    const ranked = found.map((record) => ({ record, rank: taskIdMatch(record.taskId, taskId) }));
    ranked.sort((a, b) => b.rank - a.rank);
    return ranked[0]?.record ?? null;
  }

  /** @throws RuleError SESSION_EXISTS, SESSION_DELETED */
  async addSession(record: SessionRecord, options: WriteOptions = {}): Promise<void> {
    await this.#storage.createEntity(record, options);
  }

  /** @throws NotFoundError SESSION_NOT_FOUND */
  async updateSession(id: string, changes: ChangesOf<SessionRecord>, options: WriteOptions = {}): Promise<void> {
    const updated = await this.#storage.updateEntity(id, changes, options);
    if (updated === null) throw sessionNotFound(id);
  }

  /** @returns false where there is no such session */
  async deleteSession(id: string, options: WriteOptions = {}): Promise<boolean> {
    if (!(await this.#storage.entityExists(id))) return false;
    const { error } = await this.#storage.deleteEntity(id, options);
    if (error !== undefined) throw error;
    return true;
  }

  async getRepoPath(record: SessionRecord): Promise<string> {
    return recordedPath(record) ?? defaultPath(record.session, await this.#storage.getBaseDir());
  }

  /** @throws NotFoundError SESSION_NOT_FOUND */
  async getSessionWorkdir(id: string): Promise<string> {
    const record = await this.#storage.getEntity(id);
    if (record === null) throw sessionNotFound(id);
    return this.getRepoPath(record);
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}
