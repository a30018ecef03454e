import * as z from "zod";
import type { SealedFields } from "../log/event.js";
import { damagedArchive, jsonOf } from "./archive-header.js";

/** A gzip member with events. */
export interface ArchiveBlock {
  /** Offset of its first event. */
  readonly offset: number;
  /** Byte position in the file. */
  readonly position: number;
  readonly bytes: number;
  /** Time of its first event. */
  readonly recordedAt: string;
}

export interface ArchivedStream {
  readonly firstVersion: number;
  /** Of its events, in order of their versions. */
  readonly offsets: readonly number[];
}

const block = z.tuple([z.int().min(1), z.int().min(1), z.int().min(1), z.string()]);
const blocks = z.strictObject({ blocks: z.array(block).min(1) });
const stream = z.tuple([z.string().min(1), z.int().min(1), z.array(z.int().min(1)).min(1)]);

/** Where the events of an archive stand in its file. 8 to 16 bytes an event in memory, and the names of the streams. */
export class ArchiveIndex {
  readonly blocks: ArchiveBlock[] = [];
  readonly #streams = new Map<string, { firstVersion: number; offsets: number[] }>();

  add({ stream, version, offset }: Pick<SealedFields, "stream" | "version" | "offset">): void {
    const known = this.#streams.get(stream);
    if (known === undefined) this.#streams.set(stream, { firstVersion: version, offsets: [offset] });
    else known.offsets.push(offset);
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  stream(name: string): ArchivedStream | undefined {
    return this.#streams.get(name);
  }

  /** The block that holds an offset of the archive. */
  blockOf(offset: number): number {
    return this.#lastBlock((block) => block.offset <= offset);
  }

  /** The last block that begins at or before a time; -1 where none does. */
  blockAt(time: string): number {
    return this.#lastBlock((block) => block.recordedAt <= time);
  }

  #lastBlock(isBefore: (block: ArchiveBlock) => boolean): number {
    let found = -1;
    let beyond = this.blocks.length;
    while (beyond - found > 1) {
      const middle = Math.floor((found + beyond) / 2);
      if (isBefore(this.blocks[middle] as ArchiveBlock)) found = middle;
      else beyond = middle;
    }
    return found;
  }

  *lines(): Generator<string, void, undefined> {
    const listed = this.blocks.map(({ offset, position, bytes, recordedAt }) => [offset, position, bytes, recordedAt]);
    yield `${JSON.stringify({ blocks: listed })}\n`;
    for (const [name, { firstVersion, offsets }] of this.#streams) {
      yield `${JSON.stringify([name, firstVersion, offsets])}\n`;
    }
  }

  /** @throws IntegrityError ARCHIVE_DAMAGED */
  static parse(text: string, path: string): ArchiveIndex {
    const index = new ArchiveIndex();
    let isFirst = true;
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf("\n", start);
      if (end < 0) throw damagedArchive(path, "its index was cut off");
      const line = jsonOf(text.slice(start, end), path);
      if (isFirst) index.#takeBlocks(line, path);
      else index.#takeStream(line, path);
      isFirst = false;
      start = end + 1;
    }
    if (isFirst) throw damagedArchive(path, "it has no index");
    return index;
  }

  #takeBlocks(line: unknown, path: string): void {
    const parsed = blocks.safeParse(line);
    if (!parsed.success) throw damagedArchive(path, "its index was changed", parsed.error);
    for (const [offset, position, bytes, recordedAt] of parsed.data.blocks) {
      this.blocks.push({ offset, position, bytes, recordedAt });
    }
  }

  #takeStream(line: unknown, path: string): void {
    const parsed = stream.safeParse(line);
    if (!parsed.success) throw damagedArchive(path, "its index was changed", parsed.error);
    const [name, firstVersion, offsets] = parsed.data;
    this.#streams.set(name, { firstVersion, offsets });
  }
}
