import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ClosedError, StorageError } from "../../errors.js";
import { syncFolder } from "../sync-folder.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "./file-calls.js";
import { isReadOnlyError } from "./file-errors.js";

/**
 * The log as bytes: one descriptor, positions given by the caller, nothing known of lines. It is opened when it is there,
 * and created at the first write.
 */
export class LogFile {
  readonly path: string;
  readonly calls: FileCalls;
  #fd: number | undefined;
  #writable = false;
  #closed = false;
  #retired = false;
  /**
   * Reads under way, and readers between two of theirs. Their descriptor must not be closed: the system would give its
   * number to another file.
   */
  #reading = 0;

  constructor(path: string, calls: FileCalls = SYSTEM_FILE_CALLS) {
    this.path = path;
    this.calls = calls;
  }

  /** @returns false where there is no file (yet) */
  openIfThere(): boolean {
    if (this.#closed) throw new ClosedError("read");
    if (this.#fd !== undefined) return true;
    try {
      this.#fd = openSync(this.path, constants.O_RDWR);
      this.#writable = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      if (!isReadOnlyError(error)) throw error;
      this.#fd = openSync(this.path, constants.O_RDONLY);
    }
    return true;
  }

  /** Makes sure that the file exists and can be written to. It is made 0600; its folder is there. */
  openForWriting(): void {
    if (!this.openIfThere()) {
      this.#fd = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
      this.#writable = true;
    }
    if (!this.#writable) {
      throw new StorageError("STORAGE_READ_ONLY", `jsonl:${this.path} may only be read`, {
        hint: "check the owner and the mode of the file and its folder",
      });
    }
  }

  /** Makes the name of the file last. */
  syncName(): void {
    syncFolder(dirname(this.path));
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Bytes; 0 where there is no file. @throws StorageError LOG_REPLACED */
  size(): number {
    return this.openIfThere() ? this.#sizeOfSameFile() : 0;
  }

  /** Writes all of `bytes` at `position`. May have written a part when it throws. */
  writeAll(bytes: Buffer, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      const written = this.calls.write(this.#opened(), bytes, done, bytes.length - done, position + done);
      // Zero would loop for ever; the system means "no room" by it.
      if (written === 0) throw Object.assign(new Error("no byte could be written"), { code: "ENOSPC" });
      done += written;
    }
  }

  async sync(): Promise<void> {
    await this.calls.sync(this.#opened());
  }

  truncate(sizeBytes: number): void {
    this.calls.truncate(this.#opened(), sizeBytes);
  }

  /** Reads exactly `length` bytes at `position`. @throws StorageError LOG_SHORTENED where the file ends before */
  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    this.borrow();
    try {
      for (let done = 0; done < length; ) {
        const count = await this.calls.read(this.#opened(), bytes, done, length - done, position + done);
        if (count === 0) throw this.#shortened(position + done);
        done += count;
      }
    } finally {
      this.giveBack();
    }
    return bytes;
  }

  /** As read, at once: for a line or two. */
  readNow(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = this.calls.readNow(this.#opened(), bytes, done, length - done, position + done);
      if (count === 0) throw this.#shortened(position + done);
      done += count;
    }
    return bytes;
  }

  /** For a reader of several pages: while he has it, a file that was replaced stays open for him. */
  borrow(): void {
    this.#reading++;
  }

  giveBack(): void {
    this.#reading--;
    this.#closeUnread();
  }

  /** Another file has taken the place of this one: who reads it comes to his end, and then it goes. */
  retire(): void {
    this.#retired = true;
    this.#closeUnread();
  }

  /** Nothing begins after this; the descriptor goes with the last read under way. */
  close(): void {
    this.#closed = true;
    this.#closeUnread();
  }

  #closeUnread(): void {
    if (!(this.#closed || this.#retired) || this.#reading > 0 || this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#closed = true;
  }

  #opened(): number {
    if (this.#closed) throw new ClosedError("read");
    if (this.#fd === undefined && !this.openIfThere()) {
      throw new StorageError("LOG_SHORTENED", `jsonl:${this.path} is gone`, { hint: "restore it from a backup" });
    }
    return this.#fd as number;
  }

  /** Appending to a file that was moved away or replaced would be acknowledged and then be nowhere. */
  #sizeOfSameFile(): number {
    const open = fstatSync(this.#fd as number);
    const named = statSync(this.path, { throwIfNoEntry: false });
    if (named !== undefined && named.ino === open.ino && named.dev === open.dev) return open.size;
    throw new StorageError("LOG_REPLACED", `jsonl:${this.path} was removed or replaced while it was open`, {
      hint: "open the log again; never replace a log that is in use",
    });
  }

  #shortened(position: number): StorageError {
    return new StorageError("LOG_SHORTENED", `jsonl:${this.path} ends at byte ${position}, while it was being read`, {
      hint: "somebody cut the log back; read it again",
    });
  }
}
