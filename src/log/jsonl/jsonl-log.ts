import { resolve } from "node:path";
import { IntegrityError, NotFoundError } from "../../errors.js";
import { translateFileError } from "../../files/storage-errors.js";
import { AppendIntake } from "../append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../archives.js";
import { assertCutOffset } from "../check-bounds.js";
import type { PartChecker } from "../checked-part.js";
import { Closing } from "../closing.js";
import type { SealedEvent } from "../event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "../event-log.js";
import { maskUrl } from "../mask-url.js";
import { assertOrdinaryFile } from "../ordinary-file.js";
import { knownOr } from "../paging.js";
import type { AppendOptions, StreamAppend } from "../prepare.js";
import type { Tail } from "../seal.js";
import type { Shares } from "../shares.js";
import { TurnLimit } from "../turn-limit.js";
import { reportDamage } from "./damage-report.js";
import { FileDoorbell } from "./file-doorbell.js";
import { FileSidecar } from "./file-sidecar.js";
import { freezeLog, thawLog } from "./freeze-log.js";
import { JsonlArchive } from "./jsonl-archive.js";
import type { JsonlLogOptions } from "./jsonl-options.js";
import { JsonlReader } from "./jsonl-reader.js";
import { JsonlStore } from "./jsonl-store.js";
import { JsonlWriter } from "./jsonl-writer.js";
import { LineWriter } from "./line-writer.js";
import { LockedStore } from "./locked-store.js";
import { LogFile } from "./log-file.js";
import { lockedPathOf } from "./log-path.js";
import { PartThread } from "./part-thread.js";

/**
 * The log as one file of lines, shared by all processes of one machine that can lock files. Beside `s.jsonl` stand
 * `s.jsonl.lock`, `s.jsonl.manifest.json`, `s.jsonl.sidecar/`, and `s.jsonl.torn-…` for bytes that a crash left behind.
 */
export class JsonlLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true, comparesTail: true };
  readonly sidecar: FileSidecar;
  readonly #store: JsonlStore;
  readonly #reader: JsonlReader;
  readonly #locked: LockedStore;
  readonly #writer: JsonlWriter;
  readonly #archive: JsonlArchive;
  readonly #doorbell: FileDoorbell;
  readonly #appends: AppendIntake;
  readonly #closing = new Closing();
  readonly #turn = new TurnLimit();

  private constructor(url: string, path: string, options: JsonlLogOptions) {
    this.url = url;
    this.#store = new JsonlStore(new LogFile(path, options.calls));
    this.#reader = new JsonlReader(this.#store);
    this.sidecar = new FileSidecar(`${path}.sidecar`, (operation) => this.#closing.assertOpen(operation));
    const settings = {
      url,
      now: options.now ?? (() => new Date()),
      lockTimeoutMs: options.lockTimeoutMs ?? 10_000,
      notify: options.onNotice ?? (() => undefined),
      // Acts under way come to their end also while the log is being closed.
      sidecar: new FileSidecar(`${path}.sidecar`, () => undefined),
      segmentBytes: options.segmentBytes,
    };
    const lines = new LineWriter(this.#store);
    this.#locked = new LockedStore(this.#store, lines, settings);
    this.#writer = new JsonlWriter(this.#store, lines, this.#locked, settings);
    this.#archive = new JsonlArchive(this.#store, this.#locked, settings.sidecar);
    this.#appends = new AppendIntake(options, (group) => this.#writing(() => this.#writer.append(group)));
    this.#doorbell = new FileDoorbell(path, options.pollMs ?? 1000, () => this.#store.file.size());
  }

  /**
   * Reads the end of the file only. A torn tail is moved into a file beside the log, or where only the end of its last line
   * is missing that is put back, and reported through onNotice; where
   * the log may only be read, or a live writer holds the lock, it is left alone and not read.
   *
   * @throws IntegrityError the last line is damaged; NotFoundError LOG_NOT_FOUND; StorageError; UsageError of the manifest
   */
  static async open(path: string, options: JsonlLogOptions = {}): Promise<JsonlLog> {
    const url = `jsonl:${resolve(path)}`;
    const log = new JsonlLog(url, lockedPathOf(resolve(path)), options);
    try {
      await log.#open(options.mustExist === true, options.readOnly === true);
      return log;
    } catch (error) {
      const translated = await log.#translate(error);
      await log.close();
      throw translated;
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    return this.#appends.append(batch, options);
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    this.#closing.assertOpen("appendSealed");
    return this.#writing(() => this.#writer.appendSealed(events));
  }

  readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#pages("readAll", this.#reader.readAll(range));
  }

  readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#pages("readStream", this.#reader.readStream(stream, range));
  }

  async readLast(stream: string, { toOffset, known }: LastOptions = {}): Promise<SealedEvent | undefined> {
    this.#closing.assertOpen("readLast");
    const last = await this.#translated(() => this.#reader.readLast(stream, toOffset));
    return last === undefined ? undefined : knownOr(last, known);
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    const prepared = this.#appends.redaction(request, options);
    return this.#writing(() => this.#writer.redact(prepared));
  }

  async tail(): Promise<Tail> {
    this.#closing.assertOpen("tail");
    return this.#translated(async () => (await this.#store.end()).tail);
  }

  async offsetAt(time: Date): Promise<number> {
    this.#closing.assertOpen("offsetAt");
    return this.#translated(() => this.#reader.offsetAt(time));
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    this.#closing.assertOpen("truncateAfter");
    assertCutOffset(offset);
    return this.#translated(() => this.#writer.truncateAfter(offset, expectedTail));
  }

  async freeze(movedTo: string): Promise<Tail> {
    this.#closing.assertOpen("freeze");
    return this.#translated(() => freezeLog(this.#locked, maskUrl(movedTo)));
  }

  async thaw(): Promise<void> {
    this.#closing.assertOpen("thaw");
    await this.#translated(() => thawLog(this.#locked));
  }

  async movedTo(): Promise<string | null> {
    this.#closing.assertOpen("movedTo");
    return this.#translated(async () => this.#locked.checkManifest()?.movedTo ?? null);
  }

  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    this.#closing.assertOpen("archive");
    await this.#writing(() => this.#archive.take(entry, redacted));
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    this.#closing.assertOpen("unarchive");
    await this.#writing(() => this.#archive.giveBack(entry, events));
  }

  async archives(): Promise<readonly ArchiveEntry[]> {
    this.#closing.assertOpen("archives");
    return this.#translated(() => this.#reader.archives());
  }

  checkPart(shares: Shares): PartChecker | undefined {
    this.#closing.assertOpen("checkPart");
    return PartThread.start(this.#store.file.path, shares);
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(() => this.#close());
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#doorbell.close();
    // Acts under the lock that were called before this one come to their end.
    await this.#locked.close();
    await this.#store.close();
  }

  async #open(mustExist: boolean, readOnly: boolean): Promise<void> {
    this.#locked.checkManifest();
    const { file } = this.#store;
    assertOrdinaryFile(file.path, this.url);
    if (!file.openIfThere()) {
      if (!mustExist) return;
      throw new NotFoundError("LOG_NOT_FOUND", `there is no log at ${this.url}`, {
        hint: "check the path; the first append, or an import, makes a log there",
      });
    }
    // The file may be another one by then.
    const { file: found, tornBytes } = await this.#store.borrowed();
    found.giveBack();
    if (tornBytes > 0) await this.#locked.mendTail(readOnly);
    if (!readOnly) await this.#locked.endBegun();
  }

  async #writing<T>(act: () => Promise<T>): Promise<T> {
    const result = await this.#translated(act);
    this.#doorbell.ring();
    return result;
  }

  /** Pages with errors as our own, ending with ClosedError where the log is closed between two of them. */
  async *#pages(
    operation: string,
    pages: AsyncGenerator<readonly SealedEvent[], void, undefined>,
  ): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    this.#closing.assertOpen(operation);
    try {
      for await (const page of pages) {
        yield page;
        this.#closing.assertOpen(operation);
      }
    } catch (error) {
      throw await this.#translate(error);
    }
  }

  async #translated<T>(act: () => Promise<T>): Promise<T> {
    try {
      const result = await act();
      if (this.#turn.isOver) await this.#turn.next();
      return result;
    } catch (error) {
      throw await this.#translate(error);
    }
  }

  async #translate(error: unknown): Promise<unknown> {
    if (!(error instanceof IntegrityError)) return translateFileError(error, this.url);
    return reportDamage(error, this.#store.file, this.url, this.#store.archived);
  }
}
