import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError } from "../../errors.js";
import type { ArchiveEntry } from "../archives.js";
import { assertBounds, assertStreamRead, timeLimit } from "../check-bounds.js";
import type { SealedEvent } from "../event.js";
import type { OffsetRange, VersionRange } from "../event-log.js";
import { pagesOf } from "../paging.js";
import { bisectLines } from "./bisect-lines.js";
import { byteOfLine } from "./damage-report.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import { readPages } from "./read-events.js";
import type { Seen } from "./seen.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/** The reads of the log, without its lock. The whole log and a time need no index: lines are found by bisection. */
export class JsonlReader {
  readonly #store: JsonlStore;

  constructor(store: JsonlStore) {
    this.#store = store;
  }

  async *readAll(range: OffsetRange): Pages {
    assertBounds(range);
    const seen = await this.#store.borrowed();
    const { file, end, before } = seen;
    try {
      const from = Math.max(range.from ?? 1, 1);
      const to = Math.min(range.to ?? end.tail.offset, end.tail.offset);
      if (from > to) return;
      const error = before.errorAt(from);
      if (error !== undefined) throw error;
      const position = await this.#positionOf(from, seen);
      yield* readPages(file, { from, to, position, end: end.wholeBytes, toTail: to === end.tail.offset });
    } finally {
      file.giveBack();
    }
  }

  async *readStream(stream: string, range: VersionRange): Pages {
    assertStreamRead(stream, range);
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const known = await this.#store.indexed({ borrow: true });
    try {
      const { before } = known;
      const error = from <= to ? before.errorFrom(stream, Math.max(from, 1)) : undefined;
      if (error !== undefined) throw error;
      const first = before.versionOf(stream) + 1;
      const isWanted = (offset: number, i: number) => first + i >= from && first + i <= to && offset <= toOffset;
      const offsets = known.index.offsetsOf(stream).filter(isWanted);
      for (const page of pagesOf(this.#eventsAt(known, offsets))) {
        yield page;
        // The lines were read at once; the rest of the program gets a turn between two pages.
        await nextTurn();
      }
    } finally {
      known.file.giveBack();
    }
  }

  async readLast(stream: string, toOffset = Number.MAX_SAFE_INTEGER): Promise<SealedEvent | undefined> {
    assertStreamRead(stream, { toOffset });
    const known = await this.#store.indexed({ borrow: true });
    try {
      const offset = known.index.lastOffsetOf(stream, Math.max(0, toOffset));
      const error = offset === 0 ? known.before.errorFrom(stream, 1) : undefined;
      if (error !== undefined) throw error;
      return offset === 0 ? undefined : this.#store.eventAt(known, offset);
    } finally {
      known.file.giveBack();
    }
  }

  *#eventsAt(known: Indexed, offsets: readonly number[]): Generator<SealedEvent, void, undefined> {
    for (const offset of offsets) yield this.#store.eventAt(known, offset);
  }

  /** What lies before the first line. */
  async archives(): Promise<readonly ArchiveEntry[]> {
    const { file, before } = await this.#store.borrowed();
    file.giveBack();
    return before.entries;
  }

  async offsetAt(time: Date): Promise<number> {
    const limit = timeLimit(time);
    const { file, end, before } = await this.#store.borrowed();
    try {
      const { tail, wholeBytes } = end;
      if (tail.recordedAt <= limit) return tail.offset;
      let found = before.base.offset;
      await bisectLines(file, wholeBytes, ({ offset, recordedAt }) => {
        if (recordedAt > limit) return false;
        found = Math.max(found, offset);
        return true;
      });
      const isBefore = found === before.base.offset && before.base.recordedAt > limit;
      const error = isBefore ? before.errorAt(found, limit) : undefined;
      if (error !== undefined) throw error;
      return found;
    } finally {
      file.giveBack();
    }
  }

  /** Where the line of an offset begins. Damaged lines cannot be bisected, but counted. */
  async #positionOf(offset: number, { file, end: { wholeBytes }, before }: Seen): Promise<number> {
    const line = offset - before.base.offset;
    if (line === 1) return 0;
    try {
      return await bisectLines(file, wholeBytes, (event) => event.offset < offset);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      return byteOfLine(file, line, wholeBytes);
    }
  }
}
