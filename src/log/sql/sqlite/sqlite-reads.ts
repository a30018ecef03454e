import { assertBounds, assertStreamRead } from "../../check-bounds.js";
import type { SealedEvent } from "../../event.js";
import type { LastOptions, OffsetRange, VersionRange } from "../../event-log.js";
import { knownOr } from "../../paging.js";
import type { RunOnLog } from "./run-on-log.js";
import type { PageStart, SqliteReader } from "./sqlite-reader.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/** Questions about events, each page of them an act of its own: no read lasts longer than a page. */
export class SqliteReads {
  readonly #reader: SqliteReader;
  readonly #run: RunOnLog;

  constructor(reader: SqliteReader, run: RunOnLog) {
    this.#reader = reader;
    this.#run = run;
  }

  async *readAll(range: OffsetRange): Pages {
    assertBounds(range);
    const first = Math.max(range.from ?? 1, 1);
    const tail = await this.#run("readAll", () => this.#reader.tail());
    const last = Math.min(range.to ?? tail.offset, tail.offset);
    if (first > last) return;
    const page = (start: PageStart) => this.#run("readAll", () => this.#reader.page(start, last));
    const begin = await page({ first, after: undefined });
    yield* pages(
      begin,
      ({ offset }) => offset >= last,
      (after) => page({ first, after }),
    );
  }

  async *readStream(stream: string, range: VersionRange): Pages {
    assertStreamRead(stream, range);
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const begin = () => this.#reader.streamBegin(stream, Math.max(from, 1), to, toOffset);
    const { page, last } = await this.#run("readStream", begin);
    const next = (after: SealedEvent) => this.#run("readStream", () => this.#reader.streamPage(stream, after, last));
    yield* pages(page, ({ version }) => version >= last, next);
  }

  async readLast(stream: string, { toOffset, known }: LastOptions): Promise<SealedEvent | undefined> {
    assertStreamRead(stream, { toOffset });
    const limit = toOffset ?? Number.MAX_SAFE_INTEGER;
    const last = await this.#run("readLast", () => this.#reader.lastOf(stream, limit));
    return last === undefined ? undefined : knownOr(last, known);
  }
}

/** Page after page, until one ends at the last event of the range. */
async function* pages(
  begin: readonly SealedEvent[],
  isLast: (event: SealedEvent) => boolean,
  fetch: (after: SealedEvent) => Promise<readonly SealedEvent[]>,
): Pages {
  for (let page = begin; ; ) {
    const after = page.at(-1);
    if (after === undefined) return;
    yield page;
    if (isLast(after)) return;
    page = await fetch(after);
  }
}
