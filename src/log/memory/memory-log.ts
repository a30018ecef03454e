import { ChainBreakError } from "../../errors.js";
import { AppendIntake } from "../append-intake.js";
import { Bells } from "../bells.js";
import { assertBounds, assertCutOffset, assertStreamRead, timeLimit } from "../check-bounds.js";
import { Closing } from "../closing.js";
import { SealedEvent } from "../event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "../event-log.js";
import { knownOr, pagesOf } from "../paging.js";
import type { AppendOptions, Entropy, PreparedEvent, StreamAppend } from "../prepare.js";
import { type PreparedRedaction, sealedOf } from "../prepare-redaction.js";
import {
  assertErasable,
  assertInLog,
  beginRedaction,
  endRedaction,
  erasedEvent,
  offsetsNamedBy,
} from "../redaction.js";
import type { Scrubber } from "../scrubber.js";
import { EMPTY_TAIL, type SealOutcome, seal, type Tail } from "../seal.js";
import { assertContinues } from "../sealed-run.js";
import { MemorySidecar } from "./memory-sidecar.js";

export interface MemoryLogOptions {
  now?: () => Date;
  entropy?: Entropy;
  /** Takes secrets out of what is appended. */
  scrubber?: Scrubber;
}

/** The reference backend: an array. What it answers is what every other backend must answer. */
export class MemoryLog implements EventLog {
  readonly url = "memory:";
  readonly capabilities: Capabilities = { durable: false, shared: false, comparesTail: true };
  readonly sidecar = new MemorySidecar();
  readonly #now: () => Date;
  readonly #appends: AppendIntake;
  readonly #bells = new Bells();
  readonly #closing = new Closing();
  #events: SealedEvent[] = [];
  #streams = new Map<string, SealedEvent[]>();
  #ids = new Map<string, SealedEvent>();

  constructor(options: MemoryLogOptions = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#appends = new AppendIntake(options, (group) => this.#flush(group));
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    return this.#appends.append(batch, options);
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    this.#closing.assertOpen("appendSealed");
    assertContinues(this.#tail(), events, (stream) => this.#versionOf(stream));
    const named = offsetsNamedBy(events);
    this.#store(events);
    this.#erase(named);
    const tail = this.#tail();
    if (named.length > 0) await this.#forgetCaches(tail.hash);
    return tail;
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    const prepared = this.#appends.redaction(request, options);
    const result = this.#redact(prepared);
    await this.#forgetCaches(prepared.recordId);
    return result;
  }

  async *readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    this.#closing.assertOpen("readAll");
    assertBounds(range);
    const from = Math.max(range.from ?? 1, 1);
    yield* pagesOf(this.#events.slice(from - 1, range.to).map(copyOf));
  }

  async *readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    this.#closing.assertOpen("readStream");
    assertStreamRead(stream, range);
    const { from = 1, to = Number.MAX_SAFE_INTEGER, toOffset = Number.MAX_SAFE_INTEGER } = range;
    const all = this.#streams.get(stream) ?? [];
    const wanted = all.filter(({ version, offset }) => version >= from && version <= to && offset <= toOffset);
    yield* pagesOf(wanted.map(copyOf));
  }

  async readLast(stream: string, { toOffset, known }: LastOptions = {}): Promise<SealedEvent | undefined> {
    this.#closing.assertOpen("readLast");
    assertStreamRead(stream, { toOffset });
    const limit = toOffset ?? Number.MAX_SAFE_INTEGER;
    const last = this.#streams.get(stream)?.findLast(({ offset }) => offset <= limit);
    return last === undefined ? undefined : knownOr(copyOf(last), known);
  }

  async tail(): Promise<Tail> {
    this.#closing.assertOpen("tail");
    return this.#tail();
  }

  async offsetAt(time: Date): Promise<number> {
    this.#closing.assertOpen("offsetAt");
    const limit = timeLimit(time);
    return this.#events.findLast(({ recordedAt }) => recordedAt <= limit)?.offset ?? 0;
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    this.#closing.assertOpen("truncateAfter");
    assertCutOffset(offset);
    const tail = this.#tail();
    if (tail.offset !== expectedTail.offset || tail.hash !== expectedTail.hash) {
      throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expectedTail.offset}`, tail.offset);
    }
    const kept = this.#events.slice(0, offset);
    this.#events = [];
    this.#streams = new Map();
    this.#ids = new Map();
    this.#store(kept.map((event) => new SealedEvent({ ...event, commit: Math.min(event.commit, offset) })));
    return this.#tail();
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#bells.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(async () => {
      await this.#appends.close();
      this.#bells.close();
    });
  }

  #flush(group: readonly (readonly PreparedEvent[])[]): readonly SealOutcome[] {
    const known = {
      versionOf: (stream: string) => this.#versionOf(stream),
      eventById: (id: string) => this.#ids.get(id),
    };
    const sealed = seal(this.#tail(), group, known, this.#now());
    this.#store(sealed.events);
    return sealed.outcomes;
  }

  #redact({ offsets, append }: PreparedRedaction): RedactResult {
    assertInLog(offsets, this.#events.length);
    for (const offset of offsets) assertErasable(this.#events[offset - 1] as SealedEvent);
    const events = sealedOf(this.#flush([append]));
    return { events, erased: this.#erase(offsets), remains: [] };
  }

  /** @returns how many had data */
  #erase(offsets: readonly number[]): number {
    let count = 0;
    for (const offset of offsets) {
      const event = this.#events[offset - 1] as SealedEvent;
      const erased = erasedEvent(event);
      if (erased === event) continue;
      this.#events[offset - 1] = erased;
      this.#ids.set(erased.id, erased);
      (this.#streams.get(erased.stream) as SealedEvent[])[erased.version - 1] = erased;
      count++;
    }
    return count;
  }

  async #forgetCaches(epoch: string): Promise<void> {
    await beginRedaction(this.sidecar, epoch);
    await endRedaction(this.sidecar);
  }

  #store(events: readonly SealedEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#ids.set(event.id, event);
      const stream = this.#streams.get(event.stream);
      if (stream === undefined) this.#streams.set(event.stream, [event]);
      else stream.push(event);
    }
    if (events.length > 0) this.#bells.ring();
  }

  #versionOf(stream: string): number {
    return this.#streams.get(stream)?.length ?? 0;
  }

  #tail(): Tail {
    const last = this.#events.at(-1);
    return last === undefined ? EMPTY_TAIL : { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt };
  }
}

/** Readers get objects of their own, so that nobody can change the log through parsed data. */
function copyOf(event: SealedEvent): SealedEvent {
  return new SealedEvent(event);
}
