import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type Database from "better-sqlite3";
import { AppendOutcomeUnknownError, type IntegrityError, UnavailableError, UsageError } from "../../../errors.js";
import { AppendIntake } from "../../append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../../archives.js";
import { assertBounds, assertCutOffset } from "../../check-bounds.js";
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
import { knownOr } from "../../paging.js";
import type { AppendOptions, Entropy, PreparedEvent, StreamAppend } from "../../prepare.js";
import type { RawRange } from "../../raw-rows.js";
import type { DocumentQuery, DocumentRead } from "../../read-model-tables.js";
import { offsetsNamedBy } from "../../redaction.js";
import type { Scrubber } from "../../scrubber.js";
import type { SealOutcome, Tail } from "../../seal.js";
import { retryWhileBusy } from "./busy-retry.js";
import { openDatabase } from "./open-database.js";
import { SqliteArchive } from "./sqlite-archive.js";
import { SqliteDoorbell } from "./sqlite-doorbell.js";
import { CommitFailure, isBusy, translateError } from "./sqlite-errors.js";
import { frozenFor, translateMoved } from "./sqlite-freeze.js";
import { indexFault } from "./sqlite-index-check.js";
import { SqliteRawRows } from "./sqlite-raw-rows.js";
import { SqliteReadModels } from "./sqlite-read-models.js";
import { type PageStart, SqliteReader } from "./sqlite-reader.js";
import { emptyWal, vacuum } from "./sqlite-redaction.js";
import { type RunOnLog, SqliteSidecar } from "./sqlite-sidecar.js";
import { SqliteWriter } from "./sqlite-writer.js";

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

/** Between two attempts to empty the -wal file. */
const WAL_PAUSE_MS = 10;

type Group = readonly (readonly PreparedEvent[])[];
type Outcomes = readonly SealOutcome[];

/** The log as tables in one SQLite file, shared by all processes of one machine. */
export class SqliteLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true, comparesTail: true };
  readonly sidecar: SqliteSidecar;
  readonly #db: Database.Database;
  readonly #limitMs: number;
  readonly #reader: SqliteReader;
  readonly #writer: SqliteWriter;
  readonly #doorbell: SqliteDoorbell;
  readonly #archive: SqliteArchive;
  readonly #appends: AppendIntake;
  #readModels: SqliteReadModels | undefined;
  #rawRows: SqliteRawRows | undefined;
  readonly #closing = new Closing();

  private constructor(db: Database.Database, url: string, options: SqliteLogOptions, limitMs: number) {
    this.url = url;
    this.#db = db;
    this.#limitMs = limitMs;
    this.#reader = new SqliteReader(db);
    this.#writer = new SqliteWriter(db, this.#reader, options.now ?? (() => new Date()));
    this.#appends = new AppendIntake(options, (group) => this.#flush(group));
    this.#doorbell = new SqliteDoorbell(db, options.pollMs ?? 250);
    this.sidecar = new SqliteSidecar(db, this.#runOnLog);
    this.#archive = new SqliteArchive(db, this.#reader, this.url, this.#runOnLog);
  }

  /** Made when it is first asked for: a log of an older program, which is only looked at, does not have its tables. @throws StorageError */
  get readModels(): SqliteReadModels {
    try {
      this.#readModels ??= new SqliteReadModels(this.#db, this.#reader, this.#runOnLog);
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
      return await retryWhileBusy(limitMs, () => new SqliteLog(db, url, options, limitMs));
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

  /** What was erased is gone from the log already; what others keep from being cleaned is told, and no failure. */
  async #purge(): Promise<string[]> {
    try {
      await this.#run("redact", () => vacuum(this.#db));
      const end = performance.now() + this.#limitMs;
      while (!(await this.#run("redact", () => emptyWal(this.#db)))) {
        if (performance.now() > end) throw new UnavailableError("LOG_LOCKED", "readers hold it");
        await pause(WAL_PAUSE_MS);
      }
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const command = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
      return [
        `free pages of the file and its -wal file, which could not be cleaned (${why}): run ${command} in SQLite`,
      ];
    }
  }

  async *readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    assertBounds(range);
    const first = Math.max(range.from ?? 1, 1);
    const tail = await this.#run("readAll", () => this.#reader.tail());
    const last = Math.min(range.to ?? tail.offset, tail.offset);
    if (first > last) return;
    const page = (start: PageStart) => this.#run("readAll", () => this.#reader.page(start, last));
    const begin = await page({ first, after: undefined });
    yield* pages(
      begin,
      ({ offset }) => offset >= last,
      (after) => page({ first, after }),
    );
  }

  readRaw(from: number, to: number, atLeast: number): Promise<RawRange> {
    return this.#run("readRaw", () => {
      this.#rawRows ??= new SqliteRawRows(this.#db, this.#reader);
      return this.#rawRows.read(from, to, atLeast);
    });
  }

  async *readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    assertBounds(range);
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const begin = () => this.#reader.streamBegin(stream, Math.max(from, 1), to, toOffset);
    const { page, last } = await this.#run("readStream", begin);
    const next = (after: SealedEvent) => this.#run("readStream", () => this.#reader.streamPage(stream, after, last));
    yield* pages(page, ({ version }) => version >= last, next);
  }

  async readLast(stream: string, { toOffset, known }: LastOptions = {}): Promise<SealedEvent | undefined> {
    const limit = toOffset ?? Number.MAX_SAFE_INTEGER;
    const last = await this.#run("readLast", () => this.#reader.lastOf(stream, limit));
    return last === undefined ? undefined : knownOr(last, known);
  }

  async tail(): Promise<Tail> {
    return this.#run("tail", () => this.#reader.tail());
  }

  async offsetAt(time: Date): Promise<number> {
    return this.#run("offsetAt", () => this.#reader.offsetAt(time.toISOString()));
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
      this.#db.close();
    });
  }

  /** At once where nobody else holds the lock. */
  #flush(group: Group): Outcomes | Promise<Outcomes> {
    try {
      return this.#written(this.#writer.append(group));
    } catch (error) {
      if (isBusy(error)) return this.#flushLater(group);
      throw this.#appendError(error, group);
    }
  }

  async #flushLater(group: Group): Promise<Outcomes> {
    try {
      return this.#written(await retryWhileBusy(this.#limitMs, () => this.#writer.append(group)));
    } catch (error) {
      throw this.#appendError(error, group);
    }
  }

  #written(outcomes: Outcomes): Outcomes {
    if (outcomes.some(({ kind }) => kind === "sealed")) this.#doorbell.ring();
    return outcomes;
  }

  #appendError(error: unknown, group: Group): unknown {
    const translated = translateError(translateMoved(error, this.url), this.url);
    if (!(error instanceof CommitFailure)) return translated;
    const ids = group.flatMap((append) => append.map(({ id }) => id));
    return new AppendOutcomeUnknownError(ids, translated);
  }

  /** One synchronous act on the open database. Nothing of it is left when this returns: no cursor, no transaction. */
  async #run<T>(operation: string, act: () => T, waitMs = this.#limitMs): Promise<T> {
    try {
      return await retryWhileBusy(Math.min(waitMs, this.#limitMs), () => {
        this.#closing.assertOpen(operation);
        return act();
      });
    } catch (error) {
      throw translateError(translateMoved(error, this.url), this.url);
    }
  }

  readonly #runOnLog: RunOnLog = (operation, act, waitMs) => this.#run(operation, act, waitMs);
}

/** Page after page, until one ends at the last event of the range. */
async function* pages(
  begin: readonly SealedEvent[],
  isLast: (event: SealedEvent) => boolean,
  fetch: (after: SealedEvent) => Promise<readonly SealedEvent[]>,
): AsyncGenerator<readonly SealedEvent[], void, undefined> {
  for (let page = begin; ; ) {
    const after = page.at(-1);
    if (after === undefined) return;
    yield page;
    if (isLast(after)) return;
    page = await fetch(after);
  }
}
