import { IntegrityError, StorageError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import { decodeLine, encodeLine } from "../event-line.js";
import type { Tail } from "../seal.js";
import { EMPTY_END, type FileEnd, findEnd } from "./file-end.js";
import type { LogFile } from "./log-file.js";
import { LogIndex } from "./log-index.js";
import { forEachEvent } from "./read-events.js";

/**
 * What this process knows of the file: where the last whole append ends, and the index. Both follow the file, which other
 * processes append to and may cut back; they are only ever behind it, never wrong.
 */
export class JsonlStore {
  readonly file: LogFile;
  #end: FileEnd = EMPTY_END;
  #index = new LogIndex();
  #poison: StorageError | undefined;
  /** Looks at the file come one after the other, because each builds on what the one before has learnt. */
  #looking: Promise<unknown> = Promise.resolve();

  constructor(file: LogFile) {
    this.file = file;
  }

  /** The end of the last whole append, after everything that anybody has written before this call. */
  end(): Promise<FileEnd> {
    return this.#inTurn(() => this.#look());
  }

  /** The same, with an index of everything up to there. */
  indexed(): Promise<{ end: FileEnd; index: LogIndex }> {
    return this.#inTurn(async () => {
      const end = await this.#look();
      await this.#indexUpTo(end);
      return { end, index: this.#index };
    });
  }

  /** The stored event of an indexed offset. */
  eventAt(index: LogIndex, offset: number): SealedEvent {
    const start = index.positionOf(offset);
    const end = index.positionOf(offset + 1);
    const event = decodeLine(this.file.readNow(start, end - start - 1).toString("utf8"));
    if (event.offset === offset) return event;
    throw new IntegrityError("LINE_DAMAGED", `line ${offset} (byte ${start}) holds offset ${event.offset}`, { offset });
  }

  /** @throws StorageError LOG_POISONED after a write that could not be taken back */
  assertUsable(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /**
   * Writes events behind the end, with one write and one sync. The caller holds the lock and has called end or indexed
   * since it took it, and there is no torn tail. Where anything fails the file is cut back to where it was; where that
   * fails too, or where the sync failed, nothing more is appended until the log is opened again.
   */
  async writeLocked(events: readonly SealedEvent[], tail: Tail): Promise<void> {
    const lines = events.map(encodeLine);
    const bytes = Buffer.from(lines.join(""));
    const position = this.#end.wholeBytes;
    try {
      this.file.writeAll(bytes, position);
    } catch (error) {
      await this.#takeBack(position, error);
      throw error;
    }
    await this.#syncOrPoison(position);
    await this.#inTurn(async () => this.#learn(events, lines, bytes, position, tail));
  }

  /** Cuts the file at a line's start. The caller holds the lock. */
  async cutLocked(position: number): Promise<void> {
    this.file.truncate(position);
    await this.file.sync();
    await this.#inTurn(async () => this.#forget());
  }

  /** Waits for the looks under way. */
  close(): Promise<void> {
    return this.#inTurn(async () => this.file.close());
  }

  async #look(): Promise<FileEnd> {
    const size = this.file.size();
    if (!this.#stillThere(size)) this.#forget();
    if (size > this.#end.wholeBytes) this.#end = await findEnd(this.file, size);
    return this.#end;
  }

  /** Whether the file still holds the last line that we know, where we know it: nobody has cut it back meanwhile. */
  #stillThere(size: number): boolean {
    const { wholeBytes, lastLine } = this.#end;
    if (size < wholeBytes) return false;
    return wholeBytes === 0 || this.file.readNow(wholeBytes - lastLine.length, lastLine.length).equals(lastLine);
  }

  #forget(): void {
    this.#end = EMPTY_END;
    this.#index = new LogIndex();
  }

  async #indexUpTo(end: FileEnd): Promise<void> {
    if (this.#index.count >= end.tail.offset) return;
    const span = { from: this.#index.count + 1, to: end.tail.offset, position: this.#index.end, end: end.wholeBytes };
    await forEachEvent(this.file, span, (event, position, lineEnd) => this.#addToIndex(event, position, lineEnd));
  }

  #addToIndex(event: SealedEvent, position: number, lineEnd: number): void {
    const before = this.#index.versionOf(event.stream);
    if (event.version !== before + 1) {
      const message = `line ${event.offset} (byte ${position}) holds version ${event.version} of ${event.stream}, which was at ${before}`;
      throw new IntegrityError("CHAIN_BROKEN", message, {
        offset: event.offset,
        line: event.offset,
        byte: position,
        hint: "run: sessiondb verify",
      });
    }
    this.#index.add(event, lineEnd);
  }

  /** A reader of this process may have seen the new lines in the file before the writer gets here. */
  #learn(events: readonly SealedEvent[], lines: readonly string[], bytes: Buffer, position: number, tail: Tail): void {
    const isAscii = lines.reduce((sum, line) => sum + line.length, 0) === bytes.length;
    const sizes = lines.map((line) => (isAscii ? line.length : Buffer.byteLength(line)));
    let at = position;
    for (const [i, event] of events.entries()) {
      const lineEnd = at + (sizes[i] as number);
      if (event.offset === this.#index.count + 1) this.#addToIndex(event, at, lineEnd);
      at = lineEnd;
    }
    const lastLine = bytes.subarray(bytes.length - (sizes.at(-1) as number));
    if (this.#end.tail.offset <= tail.offset) this.#end = { tail, wholeBytes: at, lastLine: Buffer.from(lastLine) };
  }

  async #syncOrPoison(position: number): Promise<void> {
    try {
      await this.file.sync();
    } catch (error) {
      // After a failed sync the system may have dropped the pages and would report success the next time.
      await this.#takeBack(position, error);
      this.#poisonWith("a sync to the disk failed", error);
      throw error;
    }
  }

  /** So that the next append is never glued to half a line. */
  async #takeBack(position: number, cause: unknown): Promise<void> {
    await this.#inTurn(async () => this.#forget());
    try {
      if (this.file.size() > position) {
        this.file.truncate(position);
        await this.file.sync();
      }
    } catch {
      this.#poisonWith("half a write could not be taken back", cause); // the first error is the one to tell
    }
  }

  #poisonWith(what: string, cause: unknown): void {
    this.#poison = new StorageError(
      "LOG_POISONED",
      `jsonl:${this.file.path}: ${what}; no more appends until it is opened again`,
      {
        hint: "mend the disk, then open the log again: what is not whole is moved aside then",
        cause,
      },
    );
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#looking.then(act);
    this.#looking = result.catch(() => undefined); // only the caller is told
    return result;
  }
}
