import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { eventSelector } from "../event-filter.js";
import type { RowTest } from "./column-matcher.js";
import { DataReading } from "./data-reading.js";
import type { EventColumns } from "./event-columns.js";

/** One byte an event, so as many conditions as people try one after another. */
const MAX_HELD = 8;

/**
 * Which events write which places of a record. Columns hold no data, so the first question about some paths reads the log
 * once; from then on it costs one byte an event, and only what came since is read.
 */
export class PathRows {
  readonly #log: EventLog;
  readonly #held = new Map<string, KnownRows>();
  /** Also those that are no longer held. */
  readonly #reading = new Set<KnownRows>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /**
   * Begins, or goes on, to read what the columns have. The promise settles when it is as far as they are.
   *
   * @param paths globs, as in EventFilter
   * @throws UsageError GLOB_INVALID
   */
  of(
    columns: EventColumns,
    paths: readonly string[],
  ): { readonly ready: Promise<RowTest>; readonly known: () => number } {
    const name = JSON.stringify(paths);
    const before = this.#held.get(name);
    const rows = before?.reading.columns === columns ? before : new KnownRows(this.#log, columns, paths);
    this.#held.delete(name);
    this.#held.set(name, rows);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
    return { ready: this.#watched(rows), known: () => rows.reading.known };
  }

  /** Settles when nothing is read any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#reading].map(({ reading }) => reading.close()));
  }

  #watched(rows: KnownRows): Promise<RowTest> {
    this.#reading.add(rows);
    const ready = rows.ready();
    const done = () => this.#reading.delete(rows);
    ready.then(done, done);
    return ready;
  }
}

class KnownRows {
  readonly reading: DataReading;
  readonly #isMeant: ReturnType<typeof eventSelector>;
  #flags = new Uint8Array(0);

  constructor(log: EventLog, columns: EventColumns, paths: readonly string[]) {
    this.#isMeant = eventSelector({ paths });
    this.reading = new DataReading(log, columns, (page) => this.#take(page));
  }

  async ready(): Promise<RowTest> {
    await this.reading.ready();
    return (row) => this.#flags[row] === 1;
  }

  #take(page: readonly SealedEvent[]): void {
    this.#makeRoom(page.at(-1)?.offset ?? 0);
    for (const event of page) this.#flags[event.offset - 1] = this.#isMeant(event) ? 1 : 0;
  }

  #makeRoom(count: number): void {
    if (this.#flags.length >= count) return;
    const larger = new Uint8Array(Math.max(4_096, count * 2, this.reading.columns.count));
    larger.set(this.#flags);
    this.#flags = larger;
  }
}
