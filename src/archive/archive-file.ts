import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { NotFoundError, SessionDbError, StorageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import type { SealedEvent } from "../log/event.js";
import { decodeLine } from "../log/event-line.js";
import { pagesOf } from "../log/paging.js";
import { type ArchiveHeader, damagedArchive, decodeHeader, MAX_HEADER_BYTES } from "./archive-header.js";
import { type ArchiveBlock, ArchiveIndex } from "./archive-index.js";

/** The text of a block, with room for one line of the largest event. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;
const MAX_INDEX_BYTES = 1024 * 1024 * 1024;
/** Blocks that were read lately: who follows one stream comes back to them. */
const KEPT_BLOCKS = 8;

const unzipped = promisify(gunzip);

/** Bounds are inclusive. */
export interface StreamPart {
  readonly from: number;
  readonly to: number;
  readonly toOffset: number;
}

/** The events of one archive file. Read as they are asked for, a block at a time; what a block holds is not trusted. */
export class ArchiveFile {
  readonly path: string;
  readonly header: ArchiveHeader;
  readonly headerSize: number;
  readonly #file: FileHandle;
  readonly #blocks = new Map<number, Promise<readonly SealedEvent[]>>();
  #index: Promise<ArchiveIndex> | undefined;

  private constructor(path: string, file: FileHandle, header: ArchiveHeader, headerSize: number) {
    this.path = path;
    this.#file = file;
    this.header = header;
    this.headerSize = headerSize;
  }

  /** @throws NotFoundError ARCHIVE_NOT_FOUND; IntegrityError ARCHIVE_DAMAGED; StorageError STORAGE_UNREADABLE */
  static async open(file: string): Promise<ArchiveFile> {
    const path = resolve(file);
    let handle: FileHandle | undefined;
    try {
      // Not blocking: opening a pipe would wait for a writer.
      handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stats = await handle.stat();
      if (!stats.isFile() && !stats.isDirectory()) throw damagedArchive(path, "it is no ordinary file");
      const start = await bytesAt(handle, 0, MAX_HEADER_BYTES);
      const { facts, bytes } = decodeHeader(start, path);
      return new ArchiveFile(path, handle, facts, bytes);
    } catch (error) {
      await handle?.close();
      throw unreadable(error, path);
    }
  }

  index(): Promise<ArchiveIndex> {
    this.#index ??= this.#readIndex();
    return this.#index;
  }

  /** Both bounds are inclusive, and offsets of the archive. */
  async *readAll(from: number, to: number): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const index = await this.index();
    for (let i = index.blockOf(from); i < index.blocks.length; i++) {
      const events = await this.events(i);
      const wanted = events.filter(({ offset }) => offset >= from && offset <= to);
      if (wanted.length === 0) return;
      yield* pagesOf(wanted);
    }
  }

  async *backwards(): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const { blocks } = await this.index();
    for (let i = blocks.length - 1; i >= 0; i--) yield* [...pagesOf(await this.events(i))].reverse();
  }

  async *readStream(stream: string, part: StreamPart): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const offsets = await this.#offsetsOf(stream, part);
    for (let start = 0; start < offsets.length; start += STREAM_EVENTS) {
      const events: SealedEvent[] = [];
      for (const offset of offsets.slice(start, start + STREAM_EVENTS)) events.push(await this.eventAt(offset));
      yield* pagesOf(events);
    }
  }

  /** Version of the stream at its last event here; undefined where it has none. */
  async lastVersion(stream: string): Promise<number | undefined> {
    const found = (await this.index()).stream(stream);
    return found === undefined ? undefined : found.firstVersion + found.offsets.length - 1;
  }

  async readLast(stream: string, toOffset: number): Promise<SealedEvent | undefined> {
    const offsets = (await this.index()).stream(stream)?.offsets ?? [];
    const offset = offsets.findLast((offset) => offset <= toOffset);
    return offset === undefined ? undefined : this.eventAt(offset);
  }

  /** Offset of the last event recorded at or before a time; undefined where all are later. */
  async offsetAt(time: string): Promise<number | undefined> {
    const i = (await this.index()).blockAt(time);
    return i < 0 ? undefined : (await this.events(i)).findLast(({ recordedAt }) => recordedAt <= time)?.offset;
  }

  async eventAt(offset: number): Promise<SealedEvent> {
    const i = (await this.index()).blockOf(offset);
    const event = i < 0 ? undefined : (await this.events(i)).find((event) => event.offset === offset);
    if (event === undefined) throw damagedArchive(this.path, `it does not hold offset ${offset}`);
    return event;
  }

  /** The events of one block: all that the index says, in order. @throws IntegrityError ARCHIVE_DAMAGED */
  events(i: number): Promise<readonly SealedEvent[]> {
    const kept = this.#blocks.get(i);
    this.#blocks.delete(i);
    const events = kept ?? this.#read(i);
    this.#blocks.set(i, events);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
    events.catch(() => this.#blocks.delete(i));
    return events;
  }

  /** The text of one block. */
  async text({ position, bytes }: ArchiveBlock): Promise<string> {
    if (position + bytes > this.header.index) throw damagedArchive(this.path, "its index points behind its events");
    return (await this.#unzip(position, bytes, MAX_BLOCK_BYTES)).toString();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #offsetsOf(stream: string, { from, to, toOffset }: StreamPart): Promise<number[]> {
    const found = (await this.index()).stream(stream);
    if (found === undefined) return [];
    const { firstVersion, offsets } = found;
    const isWanted = (offset: number, i: number) =>
      firstVersion + i >= from && firstVersion + i <= to && offset <= toOffset;
    return offsets.filter(isWanted);
  }

  async #read(i: number): Promise<readonly SealedEvent[]> {
    const { blocks } = await this.index();
    const block = blocks[i] as ArchiveBlock;
    const text = await this.text(block);
    const end = blocks[i + 1]?.offset ?? this.header.to + 1;
    const events: SealedEvent[] = [];
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf("\n", start);
      if (newline < 0) throw damagedArchive(this.path, "a line has no end");
      const event = this.#decoded(text, start, newline);
      if (event.offset !== block.offset + events.length)
        throw damagedArchive(this.path, `offset ${event.offset} is out of place`);
      events.push(event);
      start = newline + 1;
    }
    if (block.offset + events.length !== end) throw damagedArchive(this.path, `it lacks events before offset ${end}`);
    return events;
  }

  #decoded(text: string, start: number, end: number): SealedEvent {
    try {
      return decodeLine(text, start, end);
    } catch (cause) {
      throw damagedArchive(this.path, "a line is not an event", cause);
    }
  }

  async #readIndex(): Promise<ArchiveIndex> {
    const { size } = await this.#file.stat();
    const { index, from } = this.header;
    if (index >= size) throw damagedArchive(this.path, "it was cut off");
    const text = (await this.#unzip(index, size - index, MAX_INDEX_BYTES)).toString();
    const parsed = ArchiveIndex.parse(text, this.path);
    if (parsed.blocks[0]?.offset !== from) throw damagedArchive(this.path, "its index does not begin where it does");
    return parsed;
  }

  async #unzip(position: number, bytes: number, maxOutputLength: number): Promise<Buffer> {
    try {
      const packed = await bytesAt(this.#file, position, bytes);
      if (packed.length < bytes) throw damagedArchive(this.path, "it was cut off");
      return await unzipped(packed, { maxOutputLength });
    } catch (error) {
      throw unreadable(error, this.path);
    }
  }
}

/** Events of one stream that are looked up before a page is given. */
const STREAM_EVENTS = 1000;

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

function unreadable(error: unknown, path: string): unknown {
  if (error instanceof SessionDbError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new NotFoundError("ARCHIVE_NOT_FOUND", `there is no archive at ${path}`, { hint: "check the path" });
  }
  if (code.startsWith("Z_") || code.startsWith("ERR_")) return damagedArchive(path, message, error);
  return new StorageError("STORAGE_UNREADABLE", `${path} cannot be read: ${fileErrorText(error)}`, {
    hint: "check the path and who may read it",
    cause: error,
  });
}
