import type { PartitionState } from "./partitions.js";

/** One file of a store, or beside it. */
export interface StoredFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
}

/** A file that something which never came to its end has left beside a store. */
export interface Leftover {
  /**
   * `torn`: bytes that were cut from the log because their append was never finished. `unfinished`: a file that did not
   * get its name, such as a backup or a sidecar text. `unnamed`: a file with events in the place of a segment that the
   * manifest does not name, and that nobody reads.
   */
  readonly kind: "torn" | "unfinished" | "unnamed";
  readonly path: string;
  readonly bytes: number;
  /** ISO 8601 UTC. */
  readonly changedAt: string;
}

/**
 * What a store's room goes to.
 *
 * `log`: the events themselves. `log-indexes`: by which they are found. `wal`: SQLite's -wal file; a Postgres server has
 * one WAL for all its databases, which is none of the store's. `read-models`: tables and indexes of documents.
 * `snapshots`: past states; `sidecar`: other texts beside the log. `leftovers`: files that nobody will finish. `free`: pages
 * that nothing is in; the next events are written there. `other`: locks, manifest, the tables of tables.
 */
export const STORE_PARTS = [
  "log",
  "log-indexes",
  "wal",
  "read-models",
  "snapshots",
  "sidecar",
  "leftovers",
  "free",
  "other",
] as const;
export type StorePart = (typeof STORE_PARTS)[number];

/** Bytes by part; a part that the backend does not have is absent. */
export type PartSizes = Readonly<Partial<Record<StorePart, number>>>;

/** Which schema migrations a database has. */
export interface SchemaFacts {
  readonly applied: readonly string[];
  /** Known to this program and not applied. */
  readonly missing: readonly string[];
}

interface SizedExam {
  /**
   * What the store takes on disk now, in bytes. Read models and snapshots that were never made take none.
   *
   * @throws NotFoundError LOG_NOT_FOUND there is no store; and the errors of its backend
   */
  sizes(): Promise<PartSizes>;
}

interface FileExam extends SizedExam {
  readonly path: string;
  /** Of the store and what belongs to it; without those that are not there. */
  files(): StoredFile[];
  leftovers(): Leftover[];
}

export interface JsonlExam extends FileExam {
  readonly kind: "jsonl";
  /** The lock that the manifest names; null where there is no manifest yet. Whether a writer holds it now. */
  lock(): Promise<{ readonly kind: string | null; readonly held: boolean }>;
  /** `wholeBytes` of `sizeBytes` are whole appends; what follows is torn, or is being written. */
  end(): Promise<{ readonly sizeBytes: number; readonly wholeBytes: number }>;
}

export interface SqliteFacts {
  /** Of the SQLite that this program brings along. */
  readonly version: string;
  /** Why it is not safe to write with that version. */
  readonly versionFault: string | undefined;
  readonly journalMode: string;
  /** Size of the -wal file before anything was looked at; 0 where there is none. */
  readonly walBytes: number;
  readonly schema: SchemaFacts;
}

export interface SqliteExam extends FileExam {
  readonly kind: "sqlite";
  facts(): Promise<SqliteFacts>;
  /** What `PRAGMA quick_check` finds wrong with the pages of the file; empty where nothing is. */
  pageFaults(): Promise<readonly string[]>;
  /** Writes the -wal file back as far as others let it. @returns its bytes after that */
  checkpoint(): Promise<number>;
}

export interface PostgresFacts {
  /** `host:port` of the server that answered, where the address names several; else empty. */
  readonly host: string;
  readonly serverVersion: string;
  /** Settings of the server as this user has them: `on`, `off`, `remote_apply` … */
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  /** A standby only reads. */
  readonly inRecovery: boolean;
  /** Tables of the log, its partitions too, that the server empties after a crash. */
  readonly unlogged: readonly string[];
  readonly schema: SchemaFacts;
}

export interface PostgresExam extends SizedExam {
  readonly kind: "postgres";
  facts(): Promise<PostgresFacts>;
  /** @throws NotFoundError LOG_NOT_FOUND; IntegrityError PARTITIONS_FOREIGN */
  partitions(): Promise<PartitionState>;
  /** Whether a notification of one connection reaches another, which it does not behind a pooler in transaction mode. */
  hearsNotifications(): Promise<boolean>;
}

/**
 * A store as it lies there, to be looked at also where it cannot be opened as a log. Nothing is created or changed by
 * looking. Each question rejects for itself, with the errors of its backend.
 */
export type StoreExam = JsonlExam | SqliteExam | PostgresExam;
