import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import type { OffsetRange, VersionRange } from "../event-log.js";
import { pagesOf } from "../paging.js";
import { bisectLines } from "./bisect-lines.js";
import { byteOfLine } from "./damage-report.js";
import type { FileEnd } from "./file-end.js";
import type { JsonlStore } from "./jsonl-store.js";
import { readPages } from "./read-events.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/** The reads of the log, without its lock. The whole log and a time need no index: lines are found by bisection. */
export class JsonlReader {
  readonly #store: JsonlStore;

  constructor(store: JsonlStore) {
    this.#store = store;
  }

  async *readAll(range: OffsetRange): Pages {
    const end = await this.#store.end();
    const from = Math.max(range.from ?? 1, 1);
    const to = Math.min(range.to ?? end.tail.offset, end.tail.offset);
    if (from > to) return;
    const position = await this.#positionOf(from, end);
    yield* readPages(this.#store.file, { from, to, position, end: end.wholeBytes });
  }

  async *readStream(stream: string, range: VersionRange): Pages {
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const { index } = await this.#store.indexed();
    const offsets = index.offsetsOf(stream).filter((offset, i) => i + 1 >= from && i + 1 <= to && offset <= toOffset);
    const store = this.#store;
    const events = function* () {
      for (const offset of offsets) yield store.eventAt(index, offset);
    };
    for (const page of pagesOf(events())) {
      yield page;
      // The lines were read at once; the rest of the program gets a turn between two pages.
      await nextTurn();
    }
  }

  async readLast(stream: string, toOffset = Number.MAX_SAFE_INTEGER): Promise<SealedEvent | undefined> {
    const { index } = await this.#store.indexed();
    const offset = index.lastOffsetOf(stream, toOffset);
    return offset === 0 ? undefined : this.#store.eventAt(index, offset);
  }

  async offsetAt(time: Date): Promise<number> {
    const { tail, wholeBytes } = await this.#store.end();
    const limit = time.toISOString();
    if (tail.recordedAt <= limit) return tail.offset;
    let found = 0;
    await bisectLines(this.#store.file, wholeBytes, ({ offset, recordedAt }) => {
      if (recordedAt > limit) return false;
      found = Math.max(found, offset);
      return true;
    });
    return found;
  }

  /** Where the line of an offset begins. Damaged lines cannot be bisected, but counted. */
  async #positionOf(offset: number, { wholeBytes }: FileEnd): Promise<number> {
    if (offset === 1) return 0;
    const { file } = this.#store;
    try {
      return await bisectLines(file, wholeBytes, (event) => event.offset < offset);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      return byteOfLine(file, offset, wholeBytes);
    }
  }
}
