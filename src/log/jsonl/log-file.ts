import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ClosedError, StorageError } from "../../errors.js";
import { isSameFile, linkedError, replacedError } from "../file-name.js";
import { syncFolder } from "../sync-folder.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "./file-calls.js";
import { closeSegments, damagedSegment, firstOffsetIn, LogSegments } from "./log-segments.js";
import { manifestStamp } from "./manifest.js";
import { openedFile } from "./opened-file.js";

const NO_SEGMENTS = new LogSegments([], "");

/**
 * The log as bytes: positions given by the caller, nothing known of lines. It is opened when it is there, and created at the
 * first write. Where the log has segments, they and the file are one run of bytes; only those of the file itself change.
 */
export class LogFile {
  readonly path: string;
  readonly calls: FileCalls;
  #fd: number | undefined;
  #segments = NO_SEGMENTS;
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
    const opened = openedFile(this.path);
    this.#writable = opened?.writable ?? true; // what is not there yet may be made
    if (opened === undefined) return false;
    ({ fd: this.#fd, segments: this.#segments } = opened);
    return true;
  }

  /** The offset that the file itself begins with; undefined where no line says so. */
  firstOffset(): number | undefined {
    return firstOffsetIn(this.#opened());
  }

  /** The closed segments. Behind their bytes are those of the file that grows. */
  get segments(): LogSegments {
    return this.#segments;
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

  /**
   * Under another name the file has another lock and other files beside it: who writes there would write over what is
   * written here. To be asked when no segment is being begun.
   *
   * @throws StorageError LOG_LINKED
   */
  assertOneName(): void {
    const { nlink } = fstatSync(this.#opened());
    if (nlink > 1) throw linkedError(`jsonl:${this.path}`, this.path, nlink, "a lock");
  }

  /** Makes the name of the file last. */
  syncName(): void {
    syncFolder(dirname(this.path));
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Whether there was a file when it was last asked for. */
  get isThere(): boolean {
    return this.#fd !== undefined;
  }

  /** Bytes; 0 where there is no file. @throws StorageError LOG_REPLACED */
  size(): number {
    return this.openIfThere() ? this.#sizeOfSameFile() : 0;
  }

  /** Bytes of the file that is open, whatever has its name by now; 0 where there is none. */
  sizeAsOpened(): number {
    return this.openIfThere() ? this.#segments.bytes + fstatSync(this.#fd as number).size : 0;
  }

  /** Writes all of `bytes` at `position`. May have written a part when it throws. */
  writeAll(bytes: Buffer, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      const at = position - this.#segments.bytes + done;
      const written = this.calls.write(this.#opened(), bytes, done, bytes.length - done, at);
      // Zero would loop for ever; the system means "no room" by it.
      if (written === 0) throw Object.assign(new Error("no byte could be written"), { code: "ENOSPC" });
      done += written;
    }
  }

  async sync(): Promise<void> {
    await this.calls.sync(this.#opened());
  }

  /** @param sizeBytes of the log; not less than its segments have, which stay as they are */
  truncate(sizeBytes: number): void {
    const fd = this.#opened();
    const { bytes } = this.#segments;
    if (sizeBytes < bytes) throw damagedSegment(this.path, this.#segments.at(sizeBytes), sizeBytes);
    this.calls.truncate(fd, sizeBytes - bytes);
  }

  /** Reads exactly `length` bytes at `position`. @throws StorageError LOG_SHORTENED where the file ends before */
  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    this.borrow();
    try {
      for (let done = 0; done < length; ) {
        const { fd, at, room } = this.#placeOf(position + done);
        const count = await this.calls.read(fd, bytes, done, Math.min(length - done, room), at);
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
      const { fd, at, room } = this.#placeOf(position + done);
      const count = this.calls.readNow(fd, bytes, done, Math.min(length - done, room), at);
      if (count === 0) throw this.#shortened(position + done);
      done += count;
    }
    return bytes;
  }

  /** Where a byte of the log stands, and how many can be read there at once. */
  #placeOf(position: number): { readonly fd: number; readonly at: number; readonly room: number } {
    const fd = this.#opened();
    const { bytes } = this.#segments;
    if (position >= bytes) return { fd, at: position - bytes, room: Number.MAX_SAFE_INTEGER };
    const segment = this.#segments.at(position);
    const at = position - segment.start;
    return { fd: segment.fd, at, room: segment.bytes - at };
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
    closeSegments(this.#segments.open);
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
    if (named !== undefined && isSameFile(named, open)) {
      if (this.#sameSegments()) return this.#segments.bytes + open.size;
    } else if (this.#followSegments()) return this.#sizeOfSameFile();
    throw replacedError(`jsonl:${this.path}`);
  }

  /** A log that is one file becomes one of segments by getting another file, so it need not ask. */
  #sameSegments(): boolean {
    if (this.#segments.open.length === 0 || manifestStamp(this.path) === this.#segments.stamp) return true;
    const now = LogSegments.load(this.path, this.#fd as number, this.#segments.open);
    const isSame = now.open.length === this.#segments.open.length && now.continues(this.#segments);
    if (isSame) this.#segments = now;
    else closeSegments(now.open.filter((one) => !this.#segments.open.includes(one)));
    return isSame;
  }

  /** Where the file that is open has become a segment, and others perhaps behind it: then no byte of the log has moved. */
  #followSegments(): boolean {
    const next = new LogFile(this.path, this.calls);
    if (!next.openIfThere()) return false;
    const { open } = next.#segments;
    const own = open[this.#segments.open.length];
    const isOwn = own !== undefined && isSameFile(fstatSync(own.fd), fstatSync(this.#fd as number));
    if (!isOwn || !next.#segments.continues(this.#segments)) {
      next.close();
      return false;
    }
    // Descriptors that somebody may be reading from stay; those that were opened again go.
    const kept = [...this.#segments.open, { ...own, fd: this.#fd as number }];
    closeSegments(open.slice(0, kept.length));
    this.#segments = new LogSegments([...kept, ...open.slice(kept.length)], next.#segments.stamp);
    this.#fd = next.#fd;
    this.#writable = next.#writable;
    return true;
  }

  #shortened(position: number): StorageError {
    return new StorageError("LOG_SHORTENED", `jsonl:${this.path} ends at byte ${position}, while it was being read`, {
      hint: "somebody cut the log back; read it again",
    });
  }
}
