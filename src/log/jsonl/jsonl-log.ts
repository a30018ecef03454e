import { resolve } from "node:path";
import { ChainBreakError, ClosedError, IntegrityError, NotFoundError } from "../../errors.js";
import { assertContinues } from "../chain-check.js";
import type { SealedEvent } from "../event.js";
import type { AppendResult, Capabilities, EventLog, OffsetRange, VersionRange } from "../event-log.js";
import { GroupCommit } from "../group-commit.js";
import { pagesOf } from "../paging.js";
import {
  type AppendOptions,
  type Entropy,
  type PreparedEvent,
  prepareAppend,
  type StreamAppend,
  systemEntropy,
} from "../prepare.js";
import { type Known, type SealOutcome, seal, type Tail } from "../seal.js";
import { bisectLines } from "./bisect-lines.js";
import { cutLog } from "./cut-log.js";
import { byteOfLine, reportDamage } from "./damage-report.js";
import type { FileCalls } from "./file-calls.js";
import { FileDoorbell } from "./file-doorbell.js";
import type { FileEnd } from "./file-end.js";
import { isReadOnlyError, translateFileError } from "./file-errors.js";
import { FileLock } from "./file-lock.js";
import { FileSidecar } from "./file-sidecar.js";
import { type Indexed, JsonlStore } from "./jsonl-store.js";
import { makeFolderOf, realPathOf } from "./log-path.js";
import { LogFile } from "./log-file.js";
import type { LogIndex } from "./log-index.js";
import { checkManifest, writeManifestLocked } from "./manifest.js";
import { readPages } from "./read-events.js";
import { moveTornTailLocked } from "./torn-tail.js";

/** Something that the log did or found and that its user should know. */
export interface LogNotice {
  readonly code: "TORN_TAIL_MOVED" | "TORN_TAIL_IGNORED";
  readonly message: string;
  /** `position` is where the torn bytes begin in the log; `savedAs` the file that they were moved to. */
  readonly details: { readonly bytes: number; readonly position: number; readonly savedAs?: string };
}

export interface JsonlLogOptions {
  now?: () => Date;
  entropy?: Entropy;
  /** How long an append waits for other processes. Default 10,000. */
  lockTimeoutMs?: number;
  /** How often to look at the file's size while somebody listens. Default 1000. */
  pollMs?: number;
  /** Refuse a path without a file instead of taking it for an empty log. */
  mustExist?: boolean;
  onNotice?: (notice: LogNotice) => void;
  /** For tests of failing disks. */
  calls?: FileCalls;
}

/**
 * The log as one file of lines, shared by all processes of one machine that can lock files. Beside `s.jsonl` stand
 * `s.jsonl.lock`, `s.jsonl.manifest.json`, `s.jsonl.sidecar/`, and `s.jsonl.torn-…` for bytes that a crash left behind.
 */
export class JsonlLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true };
  readonly sidecar: FileSidecar;
  readonly #path: string;
  readonly #now: () => Date;
  readonly #entropy: Entropy;
  readonly #store: JsonlStore;
  readonly #lock: FileLock;
  readonly #doorbell: FileDoorbell;
  readonly #notify: (notice: LogNotice) => void;
  readonly #appends = new GroupCommit((group) => this.#locked(() => this.#appendLocked(group)));
  #hasManifest = false;
  #closing: Promise<void> | undefined;

  private constructor(url: string, path: string, options: JsonlLogOptions) {
    this.url = url;
    this.#path = path;
    this.#now = options.now ?? (() => new Date());
    this.#entropy = options.entropy ?? systemEntropy();
    this.#notify = options.onNotice ?? (() => undefined);
    this.#store = new JsonlStore(new LogFile(path, options.calls));
    this.#lock = new FileLock(`${path}.lock`, options.lockTimeoutMs ?? 10_000);
    this.#doorbell = new FileDoorbell(path, options.pollMs ?? 1000, () => this.#store.file.size());
    this.sidecar = new FileSidecar(`${path}.sidecar`, (operation) => this.#assertOpen(operation));
  }

  /**
   * Reads the end of the file only. A torn tail is moved into a file beside the log and reported through onNotice; where
   * the log may only be read, or a live writer holds the lock, it is left alone and not read.
   *
   * @throws IntegrityError the last line is damaged; NotFoundError LOG_NOT_FOUND; StorageError; UsageError of the manifest
   */
  static async open(path: string, options: JsonlLogOptions = {}): Promise<JsonlLog> {
    const url = `jsonl:${resolve(path)}`;
    const log = new JsonlLog(url, realPathOf(resolve(path)), options);
    try {
      await log.#open(options.mustExist === true);
      return log;
    } catch (error) {
      const translated = await log.#translate(error);
      await log.close();
      throw translated;
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen("append");
    const batches = Array.isArray(batch) ? batch : [batch];
    return this.#appends.submit(prepareAppend(batches, options, this.#entropy));
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    this.#assertOpen("appendSealed");
    return this.#locked(async () => {
      const { end, index } = await this.#readyToWriteLocked();
      assertContinues(end.tail, events, (stream) => index.versionOf(stream));
      const last = events.at(-1);
      if (last === undefined) return end.tail;
      const tail = { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt };
      await this.#store.writeLocked(events, tail);
      this.#doorbell.ring();
      return tail;
    });
  }

  readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#pages("readAll", this.#readAll(range));
  }

  async *#readAll(range: OffsetRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const end = await this.#store.end();
    const from = Math.max(range.from ?? 1, 1);
    const to = Math.min(range.to ?? end.tail.offset, end.tail.offset);
    if (from > to) return;
    const { file } = this.#store;
    const position = await this.#positionOf(from, end);
    yield* readPages(file, { from, to, position, end: end.wholeBytes });
  }

  readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#pages("readStream", this.#readStream(stream, range));
  }

  async *#readStream(stream: string, range: VersionRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const { index } = await this.#store.indexed();
    const offsets = index.offsetsOf(stream).filter((offset, i) => i + 1 >= from && i + 1 <= to && offset <= toOffset);
    const store = this.#store;
    const events = function* () {
      for (const offset of offsets) yield store.eventAt(index, offset);
    };
    yield* pagesOf(events());
  }

  async tail(): Promise<Tail> {
    return (await this.#look("tail")).tail;
  }

  async offsetAt(time: Date): Promise<number> {
    const end = await this.#look("offsetAt");
    return this.#translated(() => this.#offsetAt(time, end));
  }

  async #offsetAt(time: Date, { tail, wholeBytes }: FileEnd): Promise<number> {
    const limit = time.toISOString();
    if (tail.recordedAt <= limit) return tail.offset;
    const { file } = this.#store;
    let found = 0;
    await bisectLines(file, wholeBytes, ({ offset, recordedAt }) => {
      if (recordedAt > limit) return false;
      found = Math.max(found, offset);
      return true;
    });
    return found;
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    this.#assertOpen("truncateAfter");
    return this.#locked(async () => {
      const { end, index } = await this.#readyToWriteLocked();
      if (end.tail.offset !== expectedTail.offset || end.tail.hash !== expectedTail.hash) {
        throw new ChainBreakError(
          `the log ends at ${end.tail.offset}, expected ${expectedTail.offset}`,
          end.tail.offset,
          {
            hint: "somebody has appended since: look at the new events before cutting",
          },
        );
      }
      if (offset < end.tail.offset) await cutLog(this.#store, index, offset, this.#now());
      return (await this.#store.end()).tail;
    });
  }

  onAppended(ring: () => void): () => void {
    this.#assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#doorbell.close();
    // Acts under the lock that were called before this one come to their end.
    await this.#lock.close();
    await this.#store.close();
  }

  async #open(mustExist: boolean): Promise<void> {
    this.#hasManifest = checkManifest(this.#path);
    const { file } = this.#store;
    if (!file.openIfThere()) {
      if (!mustExist) return;
      throw new NotFoundError("LOG_NOT_FOUND", `there is no log at ${this.url}`, { hint: "check the path" });
    }
    const end = await this.#store.end();
    if (file.size() > end.wholeBytes) await this.#mendTail(end);
  }

  async #mendTail(end: FileEnd): Promise<void> {
    try {
      if (this.#store.file.writable) await this.#lock.holdIfFree(async () => void (await this.#moveTornTailLocked()));
      else this.#noticeIgnored(end);
    } catch (error) {
      if (!isReadOnlyError(error)) throw error;
      this.#noticeIgnored(end);
    }
  }

  async #moveTornTailLocked(): Promise<void> {
    const { file } = this.#store;
    const end = await this.#store.end();
    if (file.size() <= end.wholeBytes) return;
    const { bytes, position, savedAs } = await moveTornTailLocked(file, end.wholeBytes, this.#now());
    const message = `${this.url}: ${bytes} bytes of an append that was never finished were moved from byte ${position} to ${savedAs}`;
    this.#notify({ code: "TORN_TAIL_MOVED", message, details: { bytes, position, savedAs } });
  }

  #noticeIgnored({ wholeBytes }: FileEnd): void {
    const bytes = this.#store.file.size() - wholeBytes;
    const message = `${this.url}: ${bytes} bytes behind byte ${wholeBytes} are an append that was never finished; they are not read`;
    this.#notify({ code: "TORN_TAIL_IGNORED", message, details: { bytes, position: wholeBytes } });
  }

  async #appendLocked(group: readonly (readonly PreparedEvent[])[]): Promise<readonly SealOutcome[]> {
    const { end, index } = await this.#readyToWriteLocked();
    const sealed = seal(end.tail, group, this.#known(index, group), this.#now());
    if (sealed.events.length > 0) {
      await this.#store.writeLocked(sealed.events, sealed.tail);
      this.#doorbell.ring();
    }
    return sealed.outcomes;
  }

  /** Everything that others have appended is known, nothing torn is left, and the file can be written to. */
  async #readyToWriteLocked(): Promise<Indexed> {
    this.#store.assertUsable();
    this.#store.file.openForWriting();
    if (!this.#hasManifest) {
      if (!checkManifest(this.#path)) writeManifestLocked(this.#path);
      this.#hasManifest = true;
    }
    const known = await this.#store.indexed();
    if (known.tornBytes > 0) await this.#moveTornTailLocked();
    return known;
  }

  /** Ids that were made just now cannot stand in the log and are not looked up. */
  #known(index: LogIndex, group: readonly (readonly PreparedEvent[])[]): Known {
    const given = new Set(group.flatMap((append) => append.filter(({ fresh }) => !fresh).map(({ id }) => id)));
    return {
      versionOf: (stream) => index.versionOf(stream),
      eventById: (id) => (given.has(id) ? this.#eventById(index, id) : undefined),
    };
  }

  #eventById(index: LogIndex, id: string): SealedEvent | undefined {
    for (const offset of index.offsetsWithId(id)) {
      const event = this.#store.eventAt(index, offset);
      if (event.id === id) return event;
    }
    return undefined;
  }

  async #locked<T>(act: () => Promise<T>): Promise<T> {
    return this.#translated(async () => {
      this.#store.assertUsable();
      if (!this.#store.file.openIfThere()) makeFolderOf(this.#path);
      return this.#lock.hold(act);
    });
  }

  /** Where the line of an offset begins. Damaged lines cannot be bisected, but counted. */
  async #positionOf(offset: number, { wholeBytes }: FileEnd): Promise<number> {
    if (offset === 1) return 0;
    const { file } = this.#store;
    try {
      return await bisectLines(file, wholeBytes, (event) => event.offset < offset);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      return byteOfLine(file, offset, wholeBytes);
    }
  }

  /** Pages with errors as our own, ending with ClosedError where the log is closed between two of them. */
  async *#pages(
    operation: string,
    pages: AsyncGenerator<readonly SealedEvent[], void, undefined>,
  ): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    this.#assertOpen(operation);
    try {
      for await (const page of pages) {
        yield page;
        this.#assertOpen(operation);
      }
    } catch (error) {
      throw await this.#translate(error);
    }
  }

  async #look(operation: string): Promise<FileEnd> {
    this.#assertOpen(operation);
    return this.#translated(() => this.#store.end());
  }

  async #translated<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw await this.#translate(error);
    }
  }

  async #translate(error: unknown): Promise<unknown> {
    if (!(error instanceof IntegrityError)) return translateFileError(error, this.url);
    return reportDamage(error, this.#store.file, this.url);
  }

  #assertOpen(operation: string): void {
    if (this.#closing !== undefined) throw new ClosedError(operation);
  }
}
