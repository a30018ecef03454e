import { timeLimit } from "../log/check-bounds.js";
import type { SealedEvent } from "../log/event.js";
import type { LastOptions, OffsetRange, VersionRange } from "../log/event-log.js";
import { knownOr, pagesOf } from "../log/paging.js";
import type { PreparedEvent } from "../log/prepare.js";
import { type Known, type SealOutcome, seal, type Tail } from "../log/seal.js";
import type { CopiedPart } from "./copied-part.js";
import type { QueuedAppend } from "./queued-append.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/**
 * The log as this machine knows it: the copied part of the server's log, and behind it what waits in the outbox, sealed
 * here. Offsets, versions, times and hashes behind the copied part are provisional.
 *
 * It only grows, at its end; a read gives what was there when it began.
 */
export class LocalView {
  readonly copied: CopiedPart;
  readonly #queue: QueuedAppend[] = [];
  readonly #waiting: SealedEvent[] = [];
  readonly #byId = new Map<string, SealedEvent>();
  /** Of streams that were looked at; with what waits. */
  readonly #versions = new Map<string, number>();
  #tail: Tail;
  #chars = 0;

  constructor(copied: CopiedPart) {
    this.copied = copied;
    this.#tail = copied.tail;
  }

  get tail(): Tail {
    return this.#tail;
  }

  /** The appends that wait, also those whose events turned out to be in the copy already. */
  get queue(): readonly QueuedAppend[] {
    return this.#queue;
  }

  /** Events that wait, and characters of their data and meta. */
  get size(): { readonly events: number; readonly chars: number } {
    return { events: this.#waiting.length, chars: this.#chars };
  }

  /** Numbers what waits, behind what did before. Expectations were checked when it was queued, and are again by the server. */
  async extend(appends: readonly QueuedAppend[]): Promise<void> {
    const repeatable = appends.filter(({ note }) => note.unsure || !note.madeIds).flatMap(({ events }) => events);
    const found = await this.#look(
      appends.flatMap(({ events }) => events),
      repeatable,
    );
    for (const append of appends) this.#seal(append, found);
  }

  /** What a log that is as this view would answer to a group of appends. Nothing is written. */
  async outcomes(group: readonly (readonly PreparedEvent[])[], now: Date): Promise<readonly SealOutcome[]> {
    const events = group.flat();
    const found = await this.#look(
      events,
      events.filter(({ fresh }) => !fresh),
    );
    return seal(this.#tail, group, this.#known(found), now).outcomes;
  }

  /** The event with this id, as it waits. */
  waiting(id: string): SealedEvent | undefined {
    return this.#byId.get(id);
  }

  async *readAll({ from = 1, to = Number.MAX_SAFE_INTEGER }: OffsetRange = {}): Pages {
    const { log, tail } = this.copied;
    const [waiting, end] = [this.#waiting.length, Math.min(to, tail.offset)];
    if (from <= end) yield* log.readAll({ from, to: end });
    const rest = this.#waiting.slice(0, waiting);
    yield* pagesOf(rest.filter(({ offset }) => offset >= from && offset <= to));
  }

  async *readStream(stream: string, range: VersionRange = {}): Pages {
    const { log, tail } = this.copied;
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const waiting = this.#waiting.length;
    if (tail.offset > 0) yield* log.readStream(stream, { ...range, toOffset: Math.min(toOffset, tail.offset) });
    const rest = this.#waiting.slice(0, waiting).filter((event) => event.stream === stream && event.offset <= toOffset);
    yield* pagesOf(rest.filter(({ version }) => version >= from && version <= to));
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    const { log, tail } = this.copied;
    const { toOffset = Number.MAX_SAFE_INTEGER, known } = options;
    const waiting = this.#waiting.findLast((event) => event.stream === stream && event.offset <= toOffset);
    if (waiting !== undefined) return knownOr(waiting, known);
    if (tail.offset === 0) return undefined;
    return log.readLast(stream, { ...options, toOffset: Math.min(toOffset, tail.offset) });
  }

  async offsetAt(time: Date): Promise<number> {
    const limit = timeLimit(time);
    const waiting = this.#waiting.findLast(({ recordedAt }) => recordedAt <= limit);
    if (waiting !== undefined) return waiting.offset;
    return Math.min(await this.copied.log.offsetAt(time), this.copied.tail.offset);
  }

  #seal({ events, queuedAt, ...append }: QueuedAppend, found: ReadonlyMap<string, SealedEvent>): void {
    const free = events.map((event) => ({ ...event, expectedVersion: undefined }));
    const sealed = seal(this.#tail, [free], this.#known(found), new Date(queuedAt));
    this.#queue.push({ events, queuedAt, ...append });
    this.#tail = sealed.tail;
    for (const event of sealed.events) {
      this.#waiting.push(event);
      this.#byId.set(event.id, event);
      this.#versions.set(event.stream, event.version);
      this.#chars += (event.dataText?.length ?? 0) + event.metaText.length;
    }
  }

  #known(found: ReadonlyMap<string, SealedEvent>): Known {
    return {
      versionOf: (stream) => this.#versions.get(stream) ?? 0,
      eventById: (id) => this.#byId.get(id) ?? found.get(id),
    };
  }

  /** Learns the versions of streams that it has not met yet. @returns those of `repeatable` that the copy holds, by id */
  async #look(
    events: readonly PreparedEvent[],
    repeatable: readonly PreparedEvent[],
  ): Promise<ReadonlyMap<string, SealedEvent>> {
    const streams = new Set(repeatable.map(({ stream }) => stream));
    for (const { stream } of events) if (!this.#versions.has(stream)) streams.add(stream);
    const { versions, found } = await this.copied.look(streams, new Set(repeatable.map(({ id }) => id)));
    for (const [stream, version] of versions) if (!this.#versions.has(stream)) this.#versions.set(stream, version);
    return found;
  }
}
