import { AppendOutcomeUnknownError, StorageError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import type { Tail } from "../seal.js";
import type { FileEnd } from "./file-end.js";
import type { JsonlStore, WrittenLines } from "./jsonl-store.js";
import { inPieces } from "./write-pieces.js";

/**
 * Writes lines behind the end of the log: all of them are on the disk then, or none. What cannot be taken back poisons it, and
 * nothing more is written until the log is opened again.
 */
export class LineWriter {
  readonly #store: JsonlStore;
  #poison: StorageError | undefined;

  constructor(store: JsonlStore) {
    this.#store = store;
  }

  /** @throws StorageError LOG_POISONED after a write that could not be taken back */
  assertUsable(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /**
   * With one write and one sync, or with some of both for very many bytes. The caller holds the lock. Where anything fails
   * the file is cut back to where it was; where that fails too, or where a sync failed, the log is poisoned.
   *
   * @param end of the log now, with nothing torn behind it @param tail of the log then
   * @throws AppendOutcomeUnknownError the lines could not be taken back: some or all of them may be in the file
   */
  async writeLocked({ wholeBytes: start }: FileEnd, events: readonly SealedEvent[], tail: Tail): Promise<void> {
    const written: WrittenLines = { ends: [], lastLine: Buffer.alloc(0) };
    let position = start;
    for (const lines of inPieces(events)) {
      if (position > start) await this.#syncLocked(position, start, events);
      try {
        position = this.#write(lines, position, written);
      } catch (error) {
        throw await this.#takeBack(start, events, error);
      }
    }
    await this.#syncLocked(position, start, events);
    await this.#store.learnLocked(events, written, tail);
  }

  /** What stands in the log is on the disk when this resolves, also what a killed writer has left. The caller holds the lock. */
  async makeLastLocked({ wholeBytes }: FileEnd): Promise<void> {
    try {
      await this.#store.lasting.ensure(this.#store.file, wholeBytes);
    } catch (error) {
      this.#poisonWith("a sync to the disk failed", error);
      throw error;
    }
  }

  async #syncLocked(end: number, start: number, events: readonly SealedEvent[]): Promise<void> {
    try {
      await this.#store.lasting.sync(this.#store.file, end);
    } catch (error) {
      // After a failed sync the system may have dropped the pages and would report success the next time.
      const told = await this.#takeBack(start, events, error);
      this.#poisonWith("a sync to the disk failed", error);
      throw told;
    }
  }

  /** @returns the position behind them */
  #write(lines: readonly string[], position: number, written: WrittenLines): number {
    const text = lines.join("");
    const bytes = Buffer.from(text);
    this.#store.file.writeAll(bytes, position);
    const isAscii = text.length === bytes.length;
    let end = position;
    for (const line of lines) {
      end += isAscii ? line.length : Buffer.byteLength(line);
      written.ends.push(end);
    }
    written.lastLine = Buffer.from(lines.at(-1) ?? "");
    return end;
  }

  /** So that the next append is never glued to half a line. @returns the error to throw: the first one is the one to tell */
  async #takeBack(position: number, events: readonly SealedEvent[], cause: unknown): Promise<unknown> {
    await this.#store.forget();
    const { file } = this.#store;
    try {
      if (file.size() > position) {
        file.truncate(position);
        await file.sync();
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
    const message = `jsonl:${this.#store.file.path}: ${what}; no more appends until it is opened again`;
    this.#poison = new StorageError("LOG_POISONED", message, {
      hint: "mend the disk, then open the log again: what is not whole is moved aside then",
      cause,
    });
  }
}
