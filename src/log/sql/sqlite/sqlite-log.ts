import { resolve } from "node:path";
import type Database from "better-sqlite3";
import { type IntegrityError, UsageError } from "../../../errors.js";
import { AppendIntake } from "../../append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../../archives.js";
import { assertCutOffset, timeLimit } from "../../check-bounds.js";
import { Closing } from "../../closing.js";
import type { SealedEvent } from "../../event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "../../event-log.js";
import { maskUrl } from "../../mask-url.js";
import type { AppendOptions, Entropy, StreamAppend } from "../../prepare.js";
import type { RawRange } from "../../raw-rows.js";
import type { DocumentQuery, DocumentRead } from "../../read-model-tables.js";
import { offsetsNamedBy } from "../../redaction.js";
import type { Scrubber } from "../../scrubber.js";
import type { Tail } from "../../seal.js";
import { BackgroundCheckpoints } from "./append/background-checkpoints.js";
import { SqliteGroupAppend } from "./append/sqlite-group-append.js";
import { SqliteWriter } from "./append/sqlite-writer.js";
import { retryWhileBusy } from "./busy-retry.js";
import { openDatabase } from "./file/open-database.js";
import { OwnFiles } from "./file/own-files.js";
import { SqliteReadModels } from "./models/sqlite-read-models.js";
import { type RunOnLog, runOnLog } from "./run-on-log.js";
import { SqliteArchive } from "./sqlite-archive.js";
import { SqliteDoorbell } from "./sqlite-doorbell.js";
import { translateError } from "./sqlite-errors.js";
import { frozenFor } from "./sqlite-freeze.js";
import { indexFault } from "./sqlite-index-check.js";
import { purge } from "./sqlite-purge.js";
import { SqliteRawRows } from "./sqlite-raw-rows.js";
import { SqliteReader } from "./sqlite-reader.js";
import { SqliteReads } from "./sqlite-reads.js";
import { SqliteSidecar } from "./sqlite-sidecar.js";

export interface SqliteLogOptions {
  now?: () => Date;
  entropy?: Entropy;
  /** Takes secrets out of what is appended. */
  scrubber?: Scrubber;
  /** How long an operation tries again while other writers hold the lock. Default 10,000. */
  busyTimeoutMs?: number;
  /** How often to look for appends of other processes while somebody listens. Default 250. */
  pollMs?: number;
  /** Refuse a file that is not there instead of creating it. */
  mustExist?: boolean;
  /** Change nothing: neither the tables, nor the settings, nor where the last appends stand. */
  readOnly?: boolean;
  /** Of the file, in memory. Default 16 MB. */
  cacheBytes?: number | undefined;
}

/** The log as tables in one SQLite file, shared by all processes of one machine. */
export class SqliteLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true, comparesTail: true };
  readonly sidecar: SqliteSidecar;
  readonly #db: Database.Database;
  readonly #files: OwnFiles;
  readonly #limitMs: number;
  readonly #run: RunOnLog;
  readonly #reader: SqliteReader;
  readonly #reads: SqliteReads;
  readonly #writer: SqliteWriter;
  readonly #checkpoints: BackgroundCheckpoints;
  readonly #doorbell: SqliteDoorbell;
  readonly #archive: SqliteArchive;
  readonly #appends: AppendIntake;
  #readModels: SqliteReadModels | undefined;
  #rawRows: SqliteRawRows | undefined;
  readonly #closing = new Closing();

  private constructor(db: Database.Database, files: OwnFiles, url: string, options: SqliteLogOptions, limitMs: number) {
    this.url = url;
    this.#db = db;
    this.#files = files;
    this.#limitMs = limitMs;
    this.#reader = new SqliteReader(db);
    this.#checkpoints = new BackgroundCheckpoints(db);
    const now = options.now ?? (() => new Date());
    this.#writer = new SqliteWriter({ db, files, reader: this.#reader, checkpoints: this.#checkpoints, now });
    this.#run = runOnLog(url, files, limitMs, this.#closing);
    this.#reads = new SqliteReads(this.#reader, this.#run);
    this.#doorbell = new SqliteDoorbell(db, files, options.pollMs ?? 250);
    const ring = () => this.#doorbell.ring();
    const group = new SqliteGroupAppend({ writer: this.#writer, url, limitMs, ring });
    this.#appends = new AppendIntake(options, (appends) => group.flush(appends));
    this.sidecar = new SqliteSidecar(db, this.#run);
    this.#archive = new SqliteArchive(db, files, this.#reader, url, this.#run);
  }

  /** Made when it is first asked for: a log of an older program, which is only looked at, does not have its tables. @throws StorageError */
  get readModels(): SqliteReadModels {
    try {
      this.#readModels ??= new SqliteReadModels(this.#db, this.#files, this.#reader, this.#run);
    } catch (error) {
      throw translateError(error, this.url);
    }
    return this.#readModels;
  }

  async readDocument(query: DocumentQuery): Promise<DocumentRead | undefined> {
    let models: SqliteReadModels;
    try {
      models = this.readModels;
    } catch {
      return undefined; // without the list of read models the events tell
    }
    return models.document(query);
  }

  /**
   * @throws UsageError NOT_A_SESSION_LOG, NOT_A_DATABASE, SCHEMA_NEWER, SQLITE_UNSAFE, NETWORK_FILE_SYSTEM, PATH_INVALID
   * @throws NotFoundError LOG_NOT_FOUND, StorageError, UnavailableError LOG_LOCKED
   */
  static async open(path: string, options: SqliteLogOptions = {}): Promise<SqliteLog> {
    if (path === "" || path === ":memory:") {
      throw new UsageError("PATH_INVALID", `a SQLite log needs a file, not "${path}"`, { hint: "write sqlite:path" });
    }
    const file = resolve(path);
    const url = `sqlite:${file}`;
    const limitMs = options.busyTimeoutMs ?? 10_000;
    const { mustExist = false, readOnly = false, cacheBytes } = options;
    const db = await openDatabase(file, { url, limitMs, mustExist, readOnly, cacheBytes });
    try {
      const files = await retryWhileBusy(limitMs, () => new OwnFiles(db, file, url));
      return await retryWhileBusy(limitMs, () => new SqliteLog(db, files, url, options, limitMs));
    } catch (error) {
      db.close();
      throw translateError(error, url);
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    return this.#appends.append(batch, options);
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    const tail = await this.#run("appendSealed", () => this.#writer.appendSealed(events));
    if (offsetsNamedBy(events).length > 0) await this.#purge();
    this.#doorbell.ring();
    return tail;
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    const prepared = this.#appends.redaction(request, options);
    const result = await this.#run("redact", () => this.#writer.redact(prepared, this.url));
    this.#doorbell.ring();
    return { ...result, remains: await this.#purge() };
  }

  readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#reads.readAll(range);
  }

  readRaw(from: number, to: number, atLeast: number): Promise<RawRange> {
    return this.#run("readRaw", () => {
      this.#rawRows ??= new SqliteRawRows(this.#db, this.#reader);
      return this.#rawRows.read(from, to, atLeast);
    });
  }

  readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#reads.readStream(stream, range);
  }

  readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    return this.#reads.readLast(stream, options);
  }

  async tail(): Promise<Tail> {
    return this.#run("tail", () => this.#reader.tail());
  }

  async offsetAt(time: Date): Promise<number> {
    return this.#run("offsetAt", () => this.#reader.offsetAt(timeLimit(time)));
  }

  indexFault(to: number): Promise<IntegrityError | undefined> {
    return indexFault(this.#db, this.#reader, to, (act) => this.#run("indexFault", act));
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    assertCutOffset(offset);
    return this.#run("truncateAfter", () => this.#writer.truncateAfter(offset, expectedTail, this.url));
  }

  async freeze(movedTo: string): Promise<Tail> {
    return this.#run("freeze", () => this.#writer.freeze(maskUrl(movedTo), this.url));
  }

  async thaw(): Promise<void> {
    await this.#run("thaw", () => this.#writer.thaw());
  }

  async movedTo(): Promise<string | null> {
    return this.#run("movedTo", () => frozenFor(this.#db));
  }

  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#archive.take(entry, redacted);
    await this.#purge();
    // A follower may stand in what is gone: it learns so now.
    this.#doorbell.ring();
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    await this.#archive.giveBack(entry, events);
    this.#doorbell.ring();
  }

  async archives(): Promise<readonly ArchiveEntry[]> {
    return this.#run("archives", () => this.#reader.archived.all());
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(async () => {
      await this.#appends.close();
      this.#doorbell.close();
      await this.#checkpoints.close();
      this.#db.close();
    });
  }

  #purge(): Promise<string[]> {
    return purge(this.#db, this.#run, this.#limitMs);
  }
}
