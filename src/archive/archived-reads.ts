import { setTimeout as delay } from "node:timers/promises";
import { ArchivedError } from "../errors.js";
import type { ArchiveEntry } from "../log/archives.js";
import { assertBounds, assertStreamRead, timeLimit } from "../log/check-bounds.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, LastOptions, OffsetRange, VersionRange } from "../log/event-log.js";
import { knownOr } from "../log/paging.js";
import type { ArchiveShelf } from "./archive-shelf.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;
/** Others may archive, and put back, while a log is read; a store that refuses what no file of it holds is not read for ever. */
const MAX_STALLS = 10;
const STALL_MS = 20;

class Stalls {
  #from = -1;
  #count = 0;

  /**
   * A standby may be a moment behind what the list of archives says: it is waited for, longer each time, 0.9 s in all.
   *
   * @throws the error, unless it is an ArchivedError behind which there may be something to read
   */
  async at(from: number, error: unknown): Promise<void> {
    if (!(error instanceof ArchivedError)) throw error;
    this.#count = from === this.#from ? this.#count + 1 : 0;
    this.#from = from;
    if (this.#count === MAX_STALLS) throw error;
    if (this.#count > 0) await delay(this.#count * STALL_MS);
  }
}

type Reads = Pick<EventLog, "readAll" | "readStream" | "readLast" | "offsetAt">;

/**
 * The reads of a log whose beginning lies in files. The store is asked first: only what it refuses is read from the files,
 * so a log without archives pays nothing, and one that is archived, or put back, while it is read is read on.
 */
export class ArchivedReads implements Reads {
  readonly #log: EventLog;
  readonly #shelf: ArchiveShelf;

  constructor(log: EventLog, shelf: ArchiveShelf) {
    this.#log = log;
    this.#shelf = shelf;
  }

  async *readAll(range: OffsetRange = {}): Pages {
    assertBounds(range);
    // The end that the log has now: later appends are not of this read.
    const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, (await this.#log.tail()).offset);
    const stalls = new Stalls();
    for (let from = Math.max(range.from ?? 1, 1); from <= to; ) {
      try {
        for await (const page of this.#log.readAll({ from, to })) {
          yield page;
          from = (page.at(-1)?.offset ?? from) + 1;
        }
        return;
      } catch (error) {
        await stalls.at(from, error);
      }
      for (const entry of await this.#entries()) {
        if (entry.to < from || entry.from > to) continue;
        const file = await this.#shelf.file(entry);
        for await (const page of file.readAll(from, Math.min(entry.to, to))) {
          yield page;
          from = (page.at(-1)?.offset ?? from) + 1;
        }
      }
    }
  }

  async *readStream(stream: string, range: VersionRange = {}): Pages {
    assertStreamRead(stream, range);
    const { to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const stalls = new Stalls();
    for (let from = Math.max(range.from ?? 1, 1); ; ) {
      try {
        for await (const page of this.#log.readStream(stream, { ...range, from })) {
          yield page;
          from = (page.at(-1)?.version ?? from) + 1;
        }
        return;
      } catch (error) {
        await stalls.at(from, error);
      }
      let base = 0;
      for (const entry of await this.#entries()) {
        base = entry.to;
        if (entry.from > toOffset) break;
        const file = await this.#shelf.file(entry);
        for await (const page of file.readStream(stream, { from, to, toOffset })) {
          yield page;
          from = (page.at(-1)?.version ?? from) + 1;
        }
      }
      // What the store has comes behind all of that.
      if (from > to || (base > 0 && toOffset <= base)) return;
    }
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    const { toOffset = Number.MAX_SAFE_INTEGER, known } = options;
    const stalls = new Stalls();
    for (;;) {
      try {
        return await this.#log.readLast(stream, options);
      } catch (error) {
        await stalls.at(0, error);
      }
      const entries = await this.#entries();
      if (entries.length === 0) continue; // put back meanwhile
      for (const entry of [...entries].reverse()) {
        if (entry.from > toOffset) continue;
        const event = await (await this.#shelf.file(entry)).readLast(stream, toOffset);
        if (event !== undefined) return knownOr(event, known);
      }
      return undefined;
    }
  }

  async offsetAt(time: Date): Promise<number> {
    const limit = timeLimit(time);
    const stalls = new Stalls();
    for (;;) {
      try {
        return await this.#log.offsetAt(time);
      } catch (error) {
        await stalls.at(0, error);
      }
      const entries = await this.#entries();
      if (entries.length === 0) continue;
      for (const entry of [...entries].reverse()) {
        if (entry.recordedAt <= limit) return entry.to;
        const offset = await (await this.#shelf.file(entry)).offsetAt(limit);
        if (offset !== undefined) return offset;
      }
      return 0;
    }
  }

  async #entries(): Promise<readonly ArchiveEntry[]> {
    return (await this.#log.archives?.()) ?? [];
  }
}
