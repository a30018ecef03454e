import type { SessionRecord } from "../../projections/session-record.js";
import type { ChangesOf } from "./changes-of.js";

/** What a read gives. `success` with `data` undefined: there is nothing. A read that failed is never that. */
export interface DatabaseReadResult<T> {
  success: boolean;
  data?: T;
  error?: Error;
}

export interface DatabaseWriteResult {
  success: boolean;
  /** UTF-8 bytes of the events that were appended; 0 where nothing differed. */
  bytesWritten?: number;
  error?: Error;
}

/** Filters are equalities; a task id matches in all its spellings (`#064`, `64`, `md#064`). */
export interface DatabaseQueryOptions {
  taskId?: string;
  repoName?: string;
  repoUrl?: string;
  branch?: string;
  status?: string;
  backendType?: string;
  agentId?: string;
  projectId?: string;
  limit?: number;
  offset?: number;
  /** A declared field; default the order of creation. */
  orderBy?: string;
  orderDirection?: "asc" | "desc";
}

export interface WriteOptions {
  /** Recorded with the change. */
  reason?: string;
  actor?: string;
  /** Uses the id of a deleted session again; without it that is refused. */
  recreate?: boolean;
  /** The version that the session must have; otherwise ConflictError. */
  expectedVersion?: number;
}

export interface SessionDbState {
  sessions: SessionRecord[];
  baseDir: string;
}

/**
 * The documented storage, and the calls that the deployed system really used (`get…`, `create…`, `update…`: these throw).
 * Writes append what differs as events.
 */
export interface DatabaseStorage<TEntity, TState> {
  /** Opens the store. Rejects with the reason where it cannot; it is called by the first use otherwise. */
  initialize(): Promise<boolean>;
  readState(): Promise<DatabaseReadResult<TState>>;
  /**
   * Atomic. Sessions that this storage never read are kept; the ones that it read and are missing are deleted. An expected
   * version is none of many sessions: UsageError ARGUMENT_INVALID.
   */
  writeState(state: TState, options?: Omit<WriteOptions, "expectedVersion">): Promise<DatabaseWriteResult>;
  readEntity(id: string): Promise<DatabaseReadResult<TEntity>>;
  /** Creates, or changes what differs from what this storage last read or wrote of the entity. */
  writeEntity(entity: TEntity, options?: WriteOptions): Promise<DatabaseWriteResult>;
  deleteEntity(id: string, options?: WriteOptions): Promise<DatabaseWriteResult>;
  listEntities(options?: DatabaseQueryOptions): Promise<DatabaseReadResult<TEntity[]>>;
  getStorageLocation(): string;

  getEntity(id: string): Promise<TEntity | null>;
  getEntities(options?: DatabaseQueryOptions): Promise<TEntity[]>;
  /** Rejects where the id is in use, or was. */
  createEntity(entity: TEntity, options?: WriteOptions): Promise<TEntity>;
  /** Gives new values to members; undefined removes one. null: there is no such entity. */
  updateEntity(id: string, changes: ChangesOf<TEntity>, options?: WriteOptions): Promise<TEntity | null>;
  entityExists(id: string): Promise<boolean>;
  /** The folder below which the workspaces of the sessions lie. */
  getBaseDir(): Promise<string>;

  /** True as soon as `close` was called: every other call fails from then on. */
  readonly isClosed: boolean;
  /** Waits for appends under way and releases the store. */
  close(): Promise<void>;
}
