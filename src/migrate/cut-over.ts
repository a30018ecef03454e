import { SessionDbError, StorageError, UnavailableError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { maskUrl } from "../log/mask-url.js";
import type { Tail } from "../log/seal.js";
import { copyEvents } from "./copy-events.js";
import { MigrationJournal } from "./journal.js";
import { LogWalk } from "./log-walk.js";
import type { RunningMigration } from "./running-migration.js";
import type { AnyProjection } from "./state-digests.js";
import { storeOption } from "./store-option.js";
import { compareWalks } from "./verify-migration.js";

/** As few events as are copied and verified while the writers are kept waiting. */
const FEW_EVENTS = 500;
/** Where writers are as fast as the copying, the freeze is what ends the race. */
const MAX_ROUNDS = 20;

type FreezableLog = EventLog & Required<Pick<EventLog, "freeze" | "thaw" | "movedTo">>;

export interface CutOverOptions {
  readonly projections: readonly AnyProjection[];
  readonly batchEvents?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (phase: "copying" | "verifying", done: number, total: number) => void;
}

/** @throws UsageError CUTOVER_IMPOSSIBLE */
export function assertFreezable(log: EventLog): asserts log is FreezableLog {
  if (log.freeze !== undefined && log.thaw !== undefined && log.movedTo !== undefined) return;
  throw new UsageError("CUTOVER_IMPOSSIBLE", `${log.url} cannot be frozen`, {
    hint: "stop its writers, and migrate without --cutover",
  });
}

/**
 * A log may be named in two ways (a link, localhost and 127.0.0.1). Frozen for itself, it would send its writers to where
 * they are refused. Whoever finds the entry that was just written to the target in the source has one log twice.
 *
 * @throws UsageError TARGET_IS_SOURCE; the entry is taken away again
 */
export async function assertOtherLog(source: EventLog, target: EventLog, run: RunningMigration): Promise<void> {
  const { entries } = await new MigrationJournal(source).list();
  if (!entries.some(({ id }) => id === run.entry.id)) return;
  await run.withdraw();
  throw new UsageError("TARGET_IS_SOURCE", `${source.url} and ${target.url} are the same log`, {
    hint: "name another target with --to",
  });
}

/**
 * Moves the writers of a log to another one without losing an event of theirs:
 *
 *   copied ──▶ both are verified up to here ──▶ what came meanwhile is copied, again and again, until it is little
 *          ──▶ the source is frozen ──▶ the last events are copied and verified ──▶ (configuration) done
 *
 * Writers are refused from the freeze on (LOG_MOVED names the target). Where anything fails before the end, a freeze of
 * this object is ended again; killed, it is gone on with, or rolled back, which thaws the source too.
 */
export class CutOver {
  readonly #source: FreezableLog;
  readonly #target: EventLog;
  readonly #run: RunningMigration;
  readonly #options: CutOverOptions;
  readonly #walks: { readonly source: LogWalk; readonly target: LogWalk };
  #froze = false;
  /** From then on it is too late to thaw. */
  #settled = false;

  /** @throws UsageError CUTOVER_IMPOSSIBLE */
  constructor(source: EventLog, target: EventLog, run: RunningMigration, options: CutOverOptions) {
    assertFreezable(source);
    this.#source = source;
    this.#target = target;
    this.#run = run;
    this.#options = options;
    const { projections } = options;
    this.#walks = { source: new LogWalk(source, projections), target: new LogWalk(target, projections) };
  }

  /** @returns the source's last tail, which the target has now, too; and how many documents were compared */
  async finish(copied: Tail): Promise<{ readonly tail: Tail; readonly states: number }> {
    let reached = copied;
    await this.#verify(reached.offset);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const tail = await this.#source.tail();
      if (tail.offset - reached.offset <= FEW_EVENTS) break;
      reached = await this.#copy(reached, tail);
      await this.#verify(reached.offset);
    }
    this.#options.signal?.throwIfAborted();
    const last = await this.#freeze();
    await this.#copy(reached, last);
    await this.#verify(last.offset);
    return { tail: last, states: compareWalks(this.#walks.source, this.#walks.target) };
  }

  /** The configuration was switched, or there is none: from now on the source stays frozen, whatever comes. */
  settle(): void {
    this.#froze = false;
    this.#settled = true;
  }

  /** What a failure means: behind the settling everything is done, and only the journal does not say so. */
  explained(error: unknown): unknown {
    if (!this.#settled) return error;
    const { id, target } = this.#run.entry;
    const why = error instanceof SessionDbError ? `${error.code}: ${error.message}` : String(error);
    const message = `all is copied and verified, and ${this.#source.url} stays frozen for ${target}, whose journal could not be written (${why})`;
    return new UnavailableError("MIGRATION_UNFINISHED", message, {
      hint: `when it answers again: sessiondb migrate resume ${id}${storeOption("--to", target)}; or back: sessiondb rollback ${id}${storeOption("--to", target)}`,
      cause: error,
    });
  }

  /**
   * Ends the freeze that this has begun, after a failure. One that was there before, of a migration that was killed or had
   * come to its end, stays.
   *
   * @throws StorageError THAW_FAILED
   */
  async takeBack(error: unknown): Promise<void> {
    if (!this.#froze) return;
    try {
      // Two cut-overs of one log may both have found it free: who came too late leaves the freeze of the other.
      if ((await this.#source.movedTo()) === maskUrl(this.#target.url)) await this.#source.thaw();
      this.#froze = false;
      if (this.#run.entry.state !== "running") return;
      await this.#run.update({ frozen: null }).catch(() => undefined); // the source itself says whether it is frozen
    } catch (cause) {
      if (await this.#isFree()) return; // who may not freeze it may not thaw it either
      const why = error instanceof SessionDbError ? `${error.code}: ${error.message}` : String(error);
      const { id, target } = this.#run.entry;
      const message = `the cut-over failed (${why}), and ${this.#source.url} could not be thawed: it may refuse its writers`;
      throw new StorageError("THAW_FAILED", message, {
        hint: `go on: sessiondb migrate resume ${id}${storeOption("--to", target)}, or back: sessiondb rollback ${id}`,
        cause,
      });
    }
  }

  async #isFree(): Promise<boolean> {
    try {
      return (await this.#source.movedTo()) === null;
    } catch {
      return false; // nobody knows, and that is what is said
    }
  }

  async #freeze(): Promise<Tail> {
    const already = await this.#source.movedTo();
    // Set before: a freeze that fails may have been made all the same.
    if (already === null) this.#froze = true;
    const frozen = await this.#source.freeze(this.#target.url).catch((error: unknown) => {
      // Who never got the lock has frozen nothing, and would wait for it in vain again.
      if (error instanceof SessionDbError && error.code === "LOG_LOCKED") this.#froze = false;
      throw error;
    });
    await this.#run.update({ frozen, planned: frozen });
    return frozen;
  }

  async #copy(reached: Tail, to: Tail): Promise<Tail> {
    const { batchEvents, signal, onProgress } = this.#options;
    // What a rollback takes for this migration's own, should it be killed.
    if (this.#run.entry.planned.offset < to.offset) await this.#run.update({ planned: to });
    const onBatch = (tail: Tail) => {
      this.#run.reach(tail);
      onProgress("copying", tail.offset, to.offset);
    };
    return copyEvents(this.#source, this.#target, reached, to.offset, { batchEvents, onBatch, signal });
  }

  async #verify(to: number): Promise<void> {
    const { signal, onProgress } = this.#options;
    await this.#walks.source.advance(to, { signal });
    await this.#walks.target.advance(to, { signal, onProgress: (done) => onProgress("verifying", done, to) });
  }
}
