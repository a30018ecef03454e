import { MovedError, StorageError } from "../errors.js";
import { AppendIntake, type IntakeOptions } from "./append-intake.js";
import { Bells } from "./bells.js";
import { assertBounds, assertStreamRead } from "./check-bounds.js";
import { Closing } from "./closing.js";
import type { SealedEvent } from "./event.js";
import type { AppendResult, Capabilities, EventLog, LastOptions, OffsetRange, VersionRange } from "./event-log.js";
import { ExtendedPart } from "./extended-part.js";
import { LogPart } from "./log-part.js";
import type { AppendOptions, PreparedEvent, StreamAppend } from "./prepare.js";
import { readOnlyRefusal } from "./read-only-log.js";
import type { SealOutcome, Tail } from "./seal.js";
import type { Sidecar } from "./sidecar.js";
import { TrialSidecar } from "./trial-sidecar.js";

export interface TrialLogOptions extends IntakeOptions {
  /** The address that it shows. Default: that of the log beneath. */
  readonly url?: string;
  readonly now?: (() => Date) | undefined;
  /** Of data and meta that it takes. Default {@link MAX_TRIAL_CHARS}. */
  readonly maxChars?: number;
}

/** They stand in memory, and what is asked about them does, too. */
const MAX_TRIAL_CHARS = 512 * 1024 * 1024;

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/**
 * A log to try appends on: what another one held when this was opened, and behind it what was appended here, in memory
 * alone. An append gets the offsets, versions and refusals that the log beneath would have given at that moment; of that
 * log nothing is changed, and what others append to it meanwhile is not seen.
 *
 * appendSealed and truncateAfter are refused with StorageError STORAGE_READ_ONLY; redacting, freezing and archiving are
 * absent. So are the tables of read models: whoever asks works out the answer from the events. What is written to the
 * sidecar stays in memory.
 *
 * @throws MovedError from append, where the log beneath is frozen and something would be written; StorageError
 *   TRIAL_TOO_LARGE where more was appended than is held in memory
 */
export class TrialLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: false, shared: false, comparesTail: true };
  readonly sidecar: Sidecar;
  readonly #base: EventLog;
  readonly #events: ExtendedPart;
  readonly #now: () => Date;
  readonly #maxChars: number;
  readonly #appends: AppendIntake;
  readonly #bells = new Bells();
  readonly #closing = new Closing();

  private constructor(base: EventLog, tail: Tail, options: TrialLogOptions) {
    this.url = options.url ?? base.url;
    this.sidecar = new TrialSidecar(base.sidecar);
    this.#base = base;
    this.#events = new ExtendedPart(new LogPart(base, tail));
    this.#now = options.now ?? (() => new Date());
    this.#maxChars = options.maxChars ?? MAX_TRIAL_CHARS;
    this.#appends = new AppendIntake(options, (group) => this.#flush(group));
  }

  /** Takes the log over: closing this closes it. @throws what reading its tail throws; it is closed then */
  static async open(base: EventLog, options: TrialLogOptions = {}): Promise<TrialLog> {
    try {
      return new TrialLog(base, await base.tail(), options);
    } catch (error) {
      await base.close();
      throw error;
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    return this.#appends.append(batch, options);
  }

  async appendSealed(): Promise<Tail> {
    throw this.#refusal("appendSealed");
  }

  async truncateAfter(): Promise<Tail> {
    throw this.#refusal("truncateAfter");
  }

  async *readAll(range: OffsetRange = {}): Pages {
    this.#closing.assertOpen("readAll");
    assertBounds(range);
    yield* this.#events.readAll(range);
  }

  async *readStream(stream: string, range: VersionRange = {}): Pages {
    this.#closing.assertOpen("readStream");
    assertStreamRead(stream, range);
    yield* this.#events.readStream(stream, range);
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    this.#closing.assertOpen("readLast");
    assertStreamRead(stream, { toOffset: options.toOffset });
    return this.#events.readLast(stream, options);
  }

  async tail(): Promise<Tail> {
    this.#closing.assertOpen("tail");
    return this.#events.tail;
  }

  async offsetAt(time: Date): Promise<number> {
    this.#closing.assertOpen("offsetAt");
    return this.#events.offsetAt(time);
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#bells.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(async () => {
      await this.#appends.close();
      this.#bells.close();
      await this.#base.close();
    });
  }

  async #flush(group: readonly (readonly PreparedEvent[])[]): Promise<readonly SealOutcome[]> {
    if (this.#events.size.chars > this.#maxChars) throw this.#tooLarge();
    const sealed = await this.#events.trySeal(group, this.#now());
    if (sealed.events.length === 0) return sealed.outcomes;
    const movedTo = await this.#base.movedTo?.();
    if (movedTo) return sealed.outcomes.map((outcome) => this.#moved(outcome, movedTo));
    this.#events.add(sealed);
    this.#bells.ring();
    return sealed.outcomes;
  }

  #moved(outcome: SealOutcome, movedTo: string): SealOutcome {
    return outcome.kind === "sealed" ? { kind: "refused", error: new MovedError(this.url, movedTo) } : outcome;
  }

  #tooLarge(): StorageError {
    const limit = `${this.#maxChars} characters`;
    return new StorageError("TRIAL_TOO_LARGE", `what was appended on trial to ${this.url} is more than ${limit}`, {
      hint: "nothing was written; do it in a new store instead, and look at that",
    });
  }

  #refusal(operation: string): Error {
    this.#closing.assertOpen(operation);
    return readOnlyRefusal(this.url, operation);
  }
}
