import { NotFoundError, RefusedError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { AppendResult, Capabilities, EventLog, LastOptions, OffsetRange, VersionRange } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import type { Sidecar } from "../log/sidecar.js";

/**
 * A log as it was when it ended at some offset, for reading only: whoever reads it, in whatever way, is in the past and
 * cannot look beyond it. Everything that writes rejects with RefusedError PAST_READ_ONLY.
 *
 * Where the log was cut back below that offset, or has another event there now, reads reject with NotFoundError PAST_GONE.
 * The log stays its owner's: closing this closes nothing. It has no `readModels`: tables hold the present, so read models
 * of the past are kept in memory.
 */
export class PastLog implements EventLog {
  readonly #log: EventLog;
  readonly #tail: Tail;

  private constructor(log: EventLog, tail: Tail) {
    this.#log = log;
    this.#tail = tail;
  }

  /** @throws NotFoundError PAST_GONE where the log has no such offset */
  static async open(log: EventLog, offset: number): Promise<PastLog> {
    if (offset === 0) return new PastLog(log, EMPTY_TAIL);
    const event = await eventAt(log, offset);
    if (event === undefined) throw gone(offset);
    return new PastLog(log, { offset, hash: event.hash, recordedAt: event.recordedAt });
  }

  get url(): string {
    return this.#log.url;
  }

  get capabilities(): Capabilities {
    return this.#log.capabilities;
  }

  /** Caches: a snapshot that is taken here is one of the log itself. */
  get sidecar(): Sidecar {
    return this.#log.sidecar;
  }

  async tail(): Promise<Tail> {
    await this.#assertThere();
    return this.#tail;
  }

  async offsetAt(time: Date): Promise<number> {
    await this.#assertThere();
    return Math.min(await this.#log.offsetAt(time), this.#tail.offset);
  }

  async *readAll({ from, to }: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    await this.#assertThere();
    yield* this.#log.readAll({ ...(from === undefined ? {} : { from }), to: this.#limited(to) });
  }

  async *readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    await this.#assertThere();
    yield* this.#log.readStream(stream, { ...range, toOffset: this.#limited(range.toOffset) });
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    await this.#assertThere();
    return this.#log.readLast(stream, { ...options, toOffset: this.#limited(options.toOffset) });
  }

  async append(): Promise<AppendResult> {
    throw pastReadOnly(this.#tail.offset);
  }

  async appendSealed(): Promise<Tail> {
    throw pastReadOnly(this.#tail.offset);
  }

  async truncateAfter(): Promise<Tail> {
    throw pastReadOnly(this.#tail.offset);
  }

  /** Nothing is ever appended to the past. */
  onAppended(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {}

  #limited(to: number | undefined): number {
    return Math.min(to ?? this.#tail.offset, this.#tail.offset);
  }

  async #assertThere(): Promise<void> {
    const { offset, hash } = this.#tail;
    if (offset > 0 && (await eventAt(this.#log, offset))?.hash !== hash) throw gone(offset);
  }

  /** @throws RefusedError PAST_READ_ONLY */
  static assertPresent(log: EventLog): void {
    if (log instanceof PastLog) throw pastReadOnly(log.#tail.offset);
  }
}

async function eventAt(log: EventLog, offset: number): Promise<SealedEvent | undefined> {
  for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) return event;
  return undefined;
}

function pastReadOnly(offset: number): RefusedError {
  return new RefusedError("PAST_READ_ONLY", `this is the past, as of offset ${offset}: it cannot be changed`, {
    hint: "write to the present store: revert takes later events back, fork begins a new session as one was",
  });
}

function gone(offset: number): NotFoundError {
  return new NotFoundError("PAST_GONE", `the log has no event at offset ${offset} any more, or another one`, {
    hint: "it was rolled back: ask for another point",
  });
}
