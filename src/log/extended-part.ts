import { timeLimit } from "./check-bounds.js";
import { SealedEvent } from "./event.js";
import type { LastOptions, OffsetRange, VersionRange } from "./event-log.js";
import type { LogPart } from "./log-part.js";
import { knownOr, pagesOf } from "./paging.js";
import type { PreparedEvent } from "./prepare.js";
import { type Known, type Sealed, seal, type Tail } from "./seal.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;
type Found = ReadonlyMap<string, SealedEvent>;

/**
 * The beginning of a log, and behind it events that were sealed here and stand in memory alone. It only grows, at its
 * end; a read gives what was there when it began. Events of the part and of what was added are read as one log; what a
 * reader does with one does not reach it.
 *
 * An id is looked for in the streams that its append names, and not in others of the part.
 */
export class ExtendedPart {
  readonly #part: LogPart;
  readonly #added: SealedEvent[] = [];
  readonly #byStream = new Map<string, SealedEvent[]>();
  readonly #byId = new Map<string, SealedEvent>();
  /** Of streams that were looked at; with what was added. */
  readonly #versions = new Map<string, number>();
  #tail: Tail;
  #chars = 0;

  constructor(part: LogPart) {
    this.#part = part;
    this.#tail = part.tail;
  }

  get tail(): Tail {
    return this.#tail;
  }

  /** Events that were added, and characters of their data and meta. */
  get size(): { readonly events: number; readonly chars: number } {
    return { events: this.#added.length, chars: this.#chars };
  }

  /** The event with this id, where it was added. */
  addedEvent(id: string): SealedEvent | undefined {
    return this.#byId.get(id);
  }

  /** What a log that is as this one would make of a group of appends now. Nothing is added. @throws what reading throws */
  async trySeal(group: readonly (readonly PreparedEvent[])[], now: Date): Promise<Sealed> {
    const events = group.flat();
    const found = await this.look(
      events,
      events.filter(({ fresh }) => !fresh),
    );
    return this.seal(group, found, now);
  }

  /** Of streams that were looked at. @param found of the events that may stand in the part already, by id */
  seal(group: readonly (readonly PreparedEvent[])[], found: Found, now: Date): Sealed {
    const known: Known = {
      versionOf: (stream) => this.#versions.get(stream) ?? 0,
      eventById: (id) => this.#byId.get(id) ?? found.get(id),
    };
    return seal(this.#tail, group, known, now);
  }

  /** @param sealed of this, with nothing added since */
  add({ events, tail }: Sealed): void {
    this.#tail = tail;
    for (const event of events) {
      this.#added.push(event);
      this.#byId.set(event.id, event);
      this.#versions.set(event.stream, event.version);
      this.#chars += (event.dataText?.length ?? 0) + event.metaText.length;
      const others = this.#byStream.get(event.stream);
      if (others === undefined) this.#byStream.set(event.stream, [event]);
      else others.push(event);
    }
  }

  /** Learns the versions of streams that it has not met yet. @returns those of `repeatable` that the part holds, by id */
  async look(events: readonly PreparedEvent[], repeatable: readonly PreparedEvent[]): Promise<Found> {
    const streams = new Set(repeatable.map(({ stream }) => stream));
    for (const { stream } of events) if (!this.#versions.has(stream)) streams.add(stream);
    const { versions, found } = await this.#part.look(streams, new Set(repeatable.map(({ id }) => id)));
    for (const [stream, version] of versions) if (!this.#versions.has(stream)) this.#versions.set(stream, version);
    return found;
  }

  async *readAll({ from = 1, to = Number.MAX_SAFE_INTEGER }: OffsetRange = {}): Pages {
    const { log, tail } = this.#part;
    const [count, end] = [this.#added.length, Math.min(to, tail.offset)];
    if (from <= end) yield* log.readAll({ from, to: end });
    const [first, behind] = [from - 1, to].map((place) => Math.min(Math.max(place - tail.offset, 0), count));
    yield* pagesOf(this.#added.slice(first, behind).map(copyOf));
  }

  async *readStream(stream: string, range: VersionRange = {}): Pages {
    const { log, tail } = this.#part;
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const added = this.#addedTo(stream).filter(
      ({ version, offset }) => version >= from && version <= to && offset <= toOffset,
    );
    if (tail.offset > 0) yield* log.readStream(stream, { ...range, toOffset: Math.min(toOffset, tail.offset) });
    yield* pagesOf(added.map(copyOf));
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    const { log, tail } = this.#part;
    const { toOffset = Number.MAX_SAFE_INTEGER, known } = options;
    const added = this.#addedTo(stream).findLast(({ offset }) => offset <= toOffset);
    if (added !== undefined) return knownOr(copyOf(added), known);
    if (tail.offset === 0) return undefined;
    return log.readLast(stream, { ...options, toOffset: Math.min(toOffset, tail.offset) });
  }

  /** @throws UsageError ARGUMENT_INVALID an Invalid Date */
  async offsetAt(time: Date): Promise<number> {
    const limit = timeLimit(time);
    const added = this.#added.findLast(({ recordedAt }) => recordedAt <= limit);
    if (added !== undefined) return added.offset;
    return Math.min(await this.#part.log.offsetAt(time), this.#part.tail.offset);
  }

  #addedTo(stream: string): readonly SealedEvent[] {
    return this.#byStream.get(stream) ?? [];
  }
}

function copyOf(event: SealedEvent): SealedEvent {
  return new SealedEvent(event);
}
