import { resolve } from "node:path";
import { ChainBreakError, ClosedError, IntegrityError, NotFoundError } from "../../errors.js";
import { assertContinues } from "../chain-check.js";
import type { SealedEvent } from "../event.js";
import type { AppendResult, Capabilities, EventLog, OffsetRange, VersionRange } from "../event-log.js";
import { GroupCommit } from "../group-commit.js";
import {
  type AppendOptions,
  type Entropy,
  type PreparedEvent,
  prepareAppend,
  type StreamAppend,
  systemEntropy,
} from "../prepare.js";
import { type Known, type SealOutcome, seal, type Tail } from "../seal.js";
import { cutLog } from "./cut-log.js";
import { reportDamage } from "./damage-report.js";
import type { FileCalls } from "./file-calls.js";
import { FileDoorbell } from "./file-doorbell.js";
import type { FileEnd } from "./file-end.js";
import { isReadOnlyError, translateFileError } from "./file-errors.js";
import { FileLock } from "./file-lock.js";
import { FileSidecar } from "./file-sidecar.js";
import { JsonlReader } from "./jsonl-reader.js";
import { type Indexed, JsonlStore } from "./jsonl-store.js";
import { LogFile } from "./log-file.js";
import type { LogIndex } from "./log-index.js";
import { ignoredNotice, type LogNotice, movedNotice } from "./log-notice.js";
import { makeFolderOf, realPathOf } from "./log-path.js";
import { checkManifest, writeManifestLocked } from "./manifest.js";
import { moveTornTailLocked } from "./torn-tail.js";

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
  readonly #reader: JsonlReader;
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
    this.#reader = new JsonlReader(this.#store);
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
    return this.#pages("readAll", this.#reader.readAll(range));
  }

  readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#pages("readStream", this.#reader.readStream(stream, range));
  }

  async tail(): Promise<Tail> {
    this.#assertOpen("tail");
    return this.#translated(async () => (await this.#store.end()).tail);
  }

  async offsetAt(time: Date): Promise<number> {
    this.#assertOpen("offsetAt");
    return this.#translated(() => this.#reader.offsetAt(time));
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
    this.#notify(movedNotice(this.url, await moveTornTailLocked(file, end.wholeBytes, this.#now())));
  }

  #noticeIgnored({ wholeBytes }: FileEnd): void {
    this.#notify(ignoredNotice(this.url, this.#store.file.size() - wholeBytes, wholeBytes));
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
