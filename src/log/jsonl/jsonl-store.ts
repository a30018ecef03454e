import { AppendOutcomeUnknownError, IntegrityError, StorageError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import type { Tail } from "../seal.js";
import { ArchivedPart } from "./archived-part.js";
import { copyBytes } from "./copy-bytes.js";
import { EMPTY_END, type FileEnd, findEnd } from "./file-end.js";
import { HEAD_BYTES } from "./first-line.js";
import { archivedBefore } from "./first-offset.js";
import { isRewriteOf } from "./is-rewrite.js";
import { LastingBytes } from "./lasting-bytes.js";
import { eventOf, textOf } from "./line-bytes.js";
import { LogFile } from "./log-file.js";
import { LogIndex } from "./log-index.js";
import { damagedSegment } from "./log-segments.js";
import { checkManifest, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { forEachEvent } from "./read-events.js";
import { replaceLogLocked } from "./replace-log.js";
import { inPieces } from "./write-pieces.js";

/** Attempts of one look at the end of the file. */
const MAX_LOOKS = 3;

/** The file as it was at one look. */
export interface Seen {
  readonly file: LogFile;
  readonly end: FileEnd;
  /** What lies before the first line. */
  readonly before: ArchivedPart;
}

export interface Indexed extends Seen {
  /** Of all events up to there. */
  readonly index: LogIndex;
  /** What stands in the file behind the last whole append. */
  readonly tornBytes: number;
}

interface WrittenLines {
  /** Position behind each line. */
  readonly ends: number[];
  lastLine: Buffer;
}

/**
 * What this process knows of the file: where the last whole append ends, and the index. Both follow the file, which other
 * processes append to and may cut back; they are only ever behind it, never wrong.
 */
export class JsonlStore {
  #file: LogFile;
  readonly #lasting = new LastingBytes();
  #end: FileEnd = EMPTY_END;
  #before: ArchivedPart;
  #index: LogIndex;
  /** Of the file, when it was last looked at. */
  #size = 0;
  #poison: StorageError | undefined;
  /** Looks at the file come one after the other, because each builds on what the one before has learnt. */
  #looking: Promise<unknown> = Promise.resolve();

  constructor(file: LogFile) {
    this.#file = file;
    this.#before = new ArchivedPart(file.path, []);
    this.#index = new LogIndex(this.#before);
  }

  /** Another one after a redaction, of this or another process. */
  get file(): LogFile {
    return this.#file;
  }

  /** The last offset before the first line, as far as this process knows. */
  get archived(): number {
    return this.#before.base.offset;
  }

  /** The end of the last whole append, after everything that anybody has written before this call. */
  end(): Promise<FileEnd> {
    return this.#inTurn(() => this.#look());
  }

  /** The same with the file that it is the end of, borrowed: the caller gives it back. */
  borrowed(): Promise<Seen> {
    return this.#inTurn(async () => {
      const end = await this.#look();
      this.#file.borrow();
      return { file: this.#file, end, before: this.#before };
    });
  }

  /** The end, with an index of everything up to there. */
  indexed({ borrow = false } = {}): Promise<Indexed> {
    return this.#inTurn(async () => {
      const end = await this.#look();
      await this.#indexUpTo(end);
      if (borrow) this.#file.borrow();
      const tornBytes = this.#size - end.wholeBytes;
      return { file: this.#file, end, before: this.#before, index: this.#index, tornBytes };
    });
  }

  /** The stored event of an indexed offset. */
  eventAt({ file, index }: Pick<Indexed, "file" | "index">, offset: number): SealedEvent {
    const position = index.positionOf(offset);
    const bytes = file.readNow(position, index.positionOf(offset + 1) - position - 1);
    const text = textOf({ bytes, position }, offset);
    return eventOf(text, 0, text.length, { offset, position: () => position });
  }

  /** @throws StorageError LOG_POISONED after a write that could not be taken back */
  assertUsable(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /**
   * Writes events behind the end, with one write and one sync, or with some of both for very many bytes. The caller holds
   * the lock and has called end or indexed since it took it, and there is no torn tail. Where anything fails the file is
   * cut back to where it was; where that fails too, or where a sync failed, nothing more is appended until the log is
   * opened again.
   *
   * @throws AppendOutcomeUnknownError the lines could not be taken back: some or all of them may be in the file
   */
  async writeLocked(events: readonly SealedEvent[], tail: Tail): Promise<void> {
    const start = this.#end.wholeBytes;
    const written: WrittenLines = { ends: [], lastLine: Buffer.alloc(0) };
    let position = start;
    for (const lines of inPieces(events)) {
      if (position > start) await this.#syncLocked(position, start, events);
      try {
        position = this.#writeLines(lines, position, written);
      } catch (error) {
        throw await this.#takeBack(start, events, error);
      }
    }
    await this.#syncLocked(position, start, events);
    await this.#inTurn(async () => this.#learn(events, written, tail));
  }

  /** What stands in the log is on the disk when this resolves, also what a killed writer has left. The caller holds the lock. */
  async makeLastLocked(): Promise<void> {
    try {
      await this.#lasting.ensure(this.#file, this.#end.wholeBytes);
    } catch (error) {
      this.#poisonWith("a sync to the disk failed", error);
      throw error;
    }
  }

  async #syncLocked(end: number, start: number, events: readonly SealedEvent[]): Promise<void> {
    try {
      await this.#lasting.sync(this.#file, end);
    } catch (error) {
      // After a failed sync the system may have dropped the pages and would report success the next time.
      const told = await this.#takeBack(start, events, error);
      this.#poisonWith("a sync to the disk failed", error);
      throw told;
    }
  }

  /** @returns the position behind them */
  #writeLines(lines: readonly string[], position: number, written: WrittenLines): number {
    const text = lines.join("");
    const bytes = Buffer.from(text);
    this.file.writeAll(bytes, position);
    const isAscii = text.length === bytes.length;
    let end = position;
    for (const line of lines) {
      end += isAscii ? line.length : Buffer.byteLength(line);
      written.ends.push(end);
    }
    written.lastLine = Buffer.from(lines.at(-1) ?? "");
    return end;
  }

  /** Cuts the log at the start of the line behind `offset`. The caller holds the lock. */
  async cutLocked(position: number, offset: number): Promise<void> {
    if (position < this.file.segments.bytes) await this.#cutSegmentLocked(position, offset);
    this.file.truncate(position);
    await this.file.sync();
    await this.#inTurn(async () => this.#forget());
  }

  /**
   * The beginning of the segment in which the cut falls becomes the file that grows. Where nothing of it stays, it is the
   * beginning of its first line, which says where it belongs, and is no event.
   */
  async #cutSegmentLocked(position: number, offset: number): Promise<void> {
    const { file } = this;
    writeManifestLocked(file.path, { ...(checkManifest(file.path) ?? NO_MANIFEST), cut: offset });
    const { start } = file.segments.at(position);
    const fill = async (target: LogFile) => {
      if (position > start) await copyBytes(file, start, position, target);
      else target.writeAll(await file.read(start, HEAD_BYTES), 0);
    };
    await replaceLogLocked(file, fill, start);
    await this.rewrittenLocked();
    this.#file.openForWriting();
  }

  /** Waits for the looks under way. */
  close(): Promise<void> {
    return this.#inTurn(async () => this.file.close());
  }

  /** Without the lock a look may fall into the middle of a cut by somebody else, so what looks bad is looked at again. */
  async #look(): Promise<FileEnd> {
    for (let looks = 1; ; looks++) {
      try {
        return await this.#lookOnce();
      } catch (error) {
        const maybeMoving = error instanceof IntegrityError || (error as StorageError).code === "LOG_SHORTENED";
        if (looks === MAX_LOOKS || !maybeMoving) throw error;
      }
    }
  }

  async #lookOnce(): Promise<FileEnd> {
    const size = await this.#sizeNow();
    this.#size = size;
    if (!this.#stillThere(size)) this.#forget();
    if (size > 0 && this.#end === EMPTY_END) await this.#lookBefore(size);
    if (size > this.#end.wholeBytes) {
      this.#end = await findEnd(this.file, size, { known: this.#end.wholeBytes, base: this.#before.base });
      assertSegmentsWhole(this.file, this.#end);
    }
    return this.#end;
  }

  async #lookBefore(size: number): Promise<void> {
    this.#before = await archivedBefore(this.file, size);
    this.#index = new LogIndex(this.#before);
  }

  async #sizeNow(): Promise<number> {
    try {
      return this.#file.size();
    } catch (error) {
      if ((error as StorageError).code === "LOG_REPLACED") await this.#followRewrite();
      return this.#file.size();
    }
  }

  /**
   * A redaction, or an archive, puts a new file in the place of the old one, which proves itself (`isRewriteOf`). Any other
   * file stays refused, by `size`.
   */
  async #followRewrite(): Promise<void> {
    const { path, calls } = this.#file;
    const file = new LogFile(path, calls);
    try {
      if (file.openIfThere() && (await isRewriteOf({ file: this.#file, end: this.#end }, file))) this.#adopt(file);
    } catch {
      // What cannot be read is no rewrite: that the file was replaced is what is told.
    } finally {
      if (this.#file !== file) file.close();
    }
  }

  #adopt(file: LogFile): void {
    const old = this.#file;
    this.#file = file;
    this.#forget();
    old.retire();
  }

  /** The caller holds the lock, and has just put another file in the place of this one. */
  rewrittenLocked(): Promise<void> {
    return this.#inTurn(async () => this.#adopt(new LogFile(this.#file.path, this.#file.calls)));
  }

  /** Whether the file still holds the last line that we know, where we know it: nobody has cut it back meanwhile. */
  #stillThere(size: number): boolean {
    const { wholeBytes, lastLine } = this.#end;
    if (size < wholeBytes) return false;
    return wholeBytes === 0 || this.file.readNow(wholeBytes - lastLine.length, lastLine.length).equals(lastLine);
  }

  #forget(): void {
    this.#end = EMPTY_END;
    this.#before = new ArchivedPart(this.#file.path, []);
    this.#index = new LogIndex(this.#before);
    this.#lasting.forget();
  }

  async #indexUpTo(end: FileEnd): Promise<void> {
    if (this.#index.last >= end.tail.offset) return;
    const { offset: to } = end.tail;
    const span = { from: this.#index.last + 1, to, position: this.#index.end, end: end.wholeBytes, toTail: true };
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
  #learn(events: readonly SealedEvent[], { ends, lastLine }: WrittenLines, tail: Tail): void {
    for (const [i, event] of events.entries()) {
      if (event.offset === this.#index.last + 1) this.#addToIndex(event, this.#index.end, ends[i] as number);
    }
    if (this.#end.tail.offset <= tail.offset) this.#end = { tail, wholeBytes: ends.at(-1) as number, lastLine };
  }

  /** So that the next append is never glued to half a line. @returns the error to throw: the first one is the one to tell */
  async #takeBack(position: number, events: readonly SealedEvent[], cause: unknown): Promise<unknown> {
    await this.#inTurn(async () => this.#forget());
    try {
      if (this.file.size() > position) {
        this.file.truncate(position);
        await this.file.sync();
      }
      return cause;
    } catch {
      this.#poisonWith("a write that failed could not be taken back", cause);
      return new AppendOutcomeUnknownError(
        events.map(({ id }) => id),
        cause,
      );
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

/** What is torn is of an append that was under way, and that is in the last file. @throws IntegrityError SEGMENT_DAMAGED */
function assertSegmentsWhole({ path, segments }: LogFile, { wholeBytes }: FileEnd): void {
  if (wholeBytes < segments.bytes) throw damagedSegment(path, segments.at(wholeBytes), wholeBytes);
}
