import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventLog } from "../../log/event-log.js";
import { eventSelector } from "../event-filter.js";
import type { RowTest } from "./column-matcher.js";
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
  /** Also of conditions that are no longer held. */
  readonly #running = new Set<Promise<RowTest>>();
  #isClosed = false;

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
    const rows = before?.columns === columns ? before : new KnownRows(this.#log, columns, paths, () => this.#isClosed);
    this.#held.delete(name);
    this.#held.set(name, rows);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
    return { ready: this.#watched(rows.ready()), known: () => rows.known };
  }

  /** Settles when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#running]);
  }

  #watched(ready: Promise<RowTest>): Promise<RowTest> {
    this.#running.add(ready);
    const done = () => this.#running.delete(ready);
    ready.then(done, done);
    return ready;
  }
}

class KnownRows {
  readonly columns: EventColumns;
  readonly #log: EventLog;
  readonly #isMeant: ReturnType<typeof eventSelector>;
  readonly #isClosed: () => boolean;
  #flags = new Uint8Array(0);
  #known = 0;
  #running: Promise<RowTest> | undefined;

  constructor(log: EventLog, columns: EventColumns, paths: readonly string[], isClosed: () => boolean) {
    [this.#log, this.columns, this.#isClosed] = [log, columns, isClosed];
    this.#isMeant = eventSelector({ paths });
  }

  get known(): number {
    return this.#known;
  }

  ready(): Promise<RowTest> {
    this.#running ??= this.#readUp().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #readUp(): Promise<RowTest> {
    // More may come while it reads: at the end it has what the columns have.
    while (this.#known < this.columns.count && !this.#isClosed()) await this.#readTo(this.columns.count);
    return (row) => this.#flags[row] === 1;
  }

  async #readTo(to: number): Promise<void> {
    const from = this.#known;
    for await (const page of this.#log.readAll({ from: from + 1, to })) {
      if (this.#isClosed()) return;
      this.#makeRoom(to);
      for (const event of page) this.#flags[event.offset - 1] = this.#isMeant(event) ? 1 : 0;
      this.#known = page.at(-1)?.offset ?? this.#known;
      await nextTurn();
    }
    // The log was cut back; new columns are on their way.
    if (this.#known === from) this.#known = to;
  }

  #makeRoom(count: number): void {
    if (this.#flags.length >= count) return;
    const larger = new Uint8Array(Math.max(4_096, count * 2));
    larger.set(this.#flags);
    this.#flags = larger;
  }
}
