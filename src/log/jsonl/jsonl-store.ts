import { IntegrityError, type StorageError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import type { Tail } from "../seal.js";
import { ArchivedPart } from "./archived-part.js";
import { assertNotEmptied } from "./emptied-log.js";
import { EMPTY_END, type FileEnd, findEnd } from "./file-end.js";
import { archivedBefore } from "./first-offset.js";
import { type Rewrite, rewriteOf } from "./is-rewrite.js";
import { LastingBytes } from "./lasting-bytes.js";
import { eventOf, textOf } from "./line-bytes.js";
import { LogFile } from "./log-file.js";
import { LogIndex } from "./log-index.js";
import { assertEndsAt, damagedSegment } from "./log-segments.js";
import { forEachEvent } from "./read-events.js";
import type { Seen } from "./seen.js";

/** Attempts of one look at the end of the file. */
const MAX_LOOKS = 3;

export interface Indexed extends Seen {
  /** Of all events up to there. */
  readonly index: LogIndex;
}

/** Lines that were written behind the end. */
export interface WrittenLines {
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
  /** How much of the file is on the disk. */
  readonly lasting = new LastingBytes();
  #end: FileEnd = EMPTY_END;
  #before: ArchivedPart;
  #index: LogIndex;
  /** Of the file, when it was last looked at. */
  #size = 0;
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
      await this.#look();
      this.#file.borrow();
      return this.#seen();
    });
  }

  /** The end, with an index of everything up to there. */
  indexed({ borrow = false } = {}): Promise<Indexed> {
    return this.#inTurn(async () => {
      const end = await this.#look();
      await this.#indexUpTo(end);
      if (borrow) this.#file.borrow();
      return { ...this.#seen(), index: this.#index };
    });
  }

  /** The stored event of an indexed offset. */
  eventAt({ file, index }: Pick<Indexed, "file" | "index">, offset: number): SealedEvent {
    const position = index.positionOf(offset);
    const bytes = file.readNow(position, index.positionOf(offset + 1) - position - 1);
    const text = textOf({ bytes, position }, offset);
    return eventOf(text, 0, text.length, { offset, position: () => position });
  }

  /** Lines that stand behind the end now. The caller holds the lock. @param tail of the log with them */
  learnLocked(events: readonly SealedEvent[], written: WrittenLines, tail: Tail): Promise<void> {
    return this.#inTurn(async () => this.#learn(events, written, tail));
  }

  /** The file was cut: all of it is looked at again. */
  forget(): Promise<void> {
    return this.#inTurn(async () => this.#forget());
  }

  /** The caller holds the lock, and has just put another file in the place of this one. */
  rewrittenLocked(): Promise<void> {
    return this.#inTurn(async () => this.#adopt(new LogFile(this.#file.path, this.#file.calls)));
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

  #seen(): Seen {
    const tornBytes = this.#size - this.#end.wholeBytes;
    return { file: this.#file, end: this.#end, before: this.#before, tornBytes };
  }

  async #lookOnce(): Promise<FileEnd> {
    const size = await this.#sizeNow();
    this.#size = size;
    if (!this.#stillThere(size)) this.#forget();
    if (size > 0 && this.#end === EMPTY_END) await this.#lookBefore(size);
    if (size > this.#end.wholeBytes) {
      const end = await findEnd(this.file, size, { known: this.#end.wholeBytes, base: this.#before.base });
      assertSegmentsWhole(this.file, end);
      this.#end = end;
    }
    if (this.#end === EMPTY_END && this.#file.isThere) await assertNotEmptied(this.#seen());
    return this.#end;
  }

  async #lookBefore(size: number): Promise<void> {
    this.#before = await archivedBefore(this.file, size);
    this.#index = new LogIndex(this.#before);
  }

  /** Of a file that was replaced while it was being proved, the one that had the name during this call. */
  async #sizeNow(): Promise<number> {
    try {
      return this.#file.size();
    } catch (error) {
      const followed = (error as StorageError).code === "LOG_REPLACED" ? await this.#followRewrite() : undefined;
      if (followed === undefined) throw error;
      return followed.size;
    }
  }

  /**
   * A redaction, or an archive, puts a new file in the place of the old one, which proves itself (`rewriteOf`). Any other
   * file stays refused, by `size`.
   */
  async #followRewrite(): Promise<Rewrite | undefined> {
    const { path, calls } = this.#file;
    const file = new LogFile(path, calls);
    try {
      const rewrite = file.openIfThere() ? await rewriteOf(await this.#last(), file) : undefined;
      if (rewrite !== undefined) this.#adopt(file, rewrite);
      return rewrite;
    } catch {
      // What cannot be read is no rewrite: that the file was replaced is what is told.
      return undefined;
    } finally {
      if (this.#file !== file) file.close();
    }
  }

  /** What the old file was in the end: before it was replaced it may have been cut back. */
  async #last(): Promise<Pick<Seen, "file" | "end">> {
    const file = this.#file;
    const size = file.sizeAsOpened();
    if (this.#end === EMPTY_END || this.#stillThere(size)) return { file, end: this.#end };
    return { file, end: await findEnd(file, size, { base: (await archivedBefore(file, size)).base }) };
  }

  #adopt(file: LogFile, known?: Rewrite): void {
    const old = this.#file;
    this.#file = file;
    this.#forget();
    if (known !== undefined) {
      this.#before = known.before;
      this.#index = new LogIndex(known.before);
      this.#end = known.end;
    }
    old.retire();
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
    this.lasting.forget();
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

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#looking.then(act);
    this.#looking = result.catch(() => undefined); // only the caller is told
    return result;
  }
}

/** What is torn is of an append that was under way, and that is in the last file. @throws IntegrityError SEGMENT_DAMAGED, SEGMENT_MISSING */
function assertSegmentsWhole({ path, segments }: LogFile, { tail, wholeBytes }: FileEnd): void {
  if (wholeBytes < segments.bytes) throw damagedSegment(path, segments.at(wholeBytes), wholeBytes);
  if (wholeBytes === segments.bytes) assertEndsAt(path, segments, tail.offset);
}
