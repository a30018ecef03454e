import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError, type SessionDbError } from "../../errors.js";
import { ChainCheck, chainBroken } from "../../log/chain-check.js";
import type { EventLog } from "../../log/event-log.js";
import { hashAt } from "../../replay/hash-at.js";
import type { ChainPlace } from "../chain-place.js";
import type { LogIndex } from "./log-index.js";
import { type LogTrouble, troubleOf } from "./log-trouble.js";

/** What was found out about a chain so far. */
export interface ChainStatus {
  /**
   * `waiting` until the log was read up; `running`; `whole` up to the tail of the last look; `broken`, with `fault`;
   * `unreadable`, with `trouble`: the next look goes on.
   */
  readonly state: "waiting" | "running" | "whole" | "broken" | "unreadable";
  /** Every event from 1 up to here is as it was sealed, and follows the one before it. */
  readonly verified: ChainPlace;
  /** Where the log ended at the last look. */
  readonly to: number;
  /** The first event that is wrong, or that cannot be read. */
  readonly fault: {
    readonly offset: number;
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  } | null;
  readonly trouble: LogTrouble | null;
  /** When the last step of it was done; ISO 8601 UTC. */
  readonly checkedAt: string | null;
}

/**
 * Verifies the chain of a log in the background, as `verify` does, for as long as somebody looks: a page of events at a
 * time, so that others get their turn, and then only what came since. What was verified once is not looked at again until
 * somebody asks for that, or the log was cut back.
 *
 * Memory grows with the number of streams, not of events.
 */
export class ChainWatch {
  readonly #log: EventLog;
  readonly #index: LogIndex;
  #check = new ChainCheck();
  #generation: number;
  #to: number | undefined;
  #fault: ChainStatus["fault"] = null;
  #trouble: LogTrouble | null = null;
  #checkedAt: string | null = null;
  #running: Promise<void> | undefined;
  #isClosed = false;

  /** @param index of the same log: what it says was cut back is verified anew, and it reads the log first */
  constructor(log: EventLog, index: LogIndex) {
    [this.#log, this.#index, this.#generation] = [log, index, index.generation];
  }

  /** What is known now; goes on verifying where there is more. */
  look(): ChainStatus {
    if (this.#generation !== this.#index.generation) this.#forget();
    const isReady = this.#index.isCaughtUp || this.#index.trouble !== undefined;
    if (isReady && this.#running === undefined && this.#fault === null && !this.#isClosed) this.#start();
    const { offset, hash } = this.#check.tail;
    const state = this.#state(isReady);
    const [fault, trouble, checkedAt] = [this.#fault, this.#trouble, this.#checkedAt];
    return { state, verified: { offset, hash }, to: Math.max(this.#to ?? 0, offset), fault, trouble, checkedAt };
  }

  /** Forgets what was verified: the next look begins at the first event. */
  again(): void {
    this.#forget();
  }

  /** Settles when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #state(isReady: boolean): ChainStatus["state"] {
    if (this.#fault !== null) return "broken";
    if (this.#trouble !== null) return "unreadable";
    if (!isReady) return "waiting";
    return this.#running !== undefined && (this.#to === undefined || this.#check.tail.offset < this.#to)
      ? "running"
      : "whole";
  }

  #forget(): void {
    this.#check = new ChainCheck();
    this.#generation = this.#index.generation;
    [this.#fault, this.#trouble, this.#to] = [null, null, undefined];
  }

  #start(): void {
    const check = this.#check;
    this.#running = this.#verify(check)
      .then(
        () => this.#keep(check, null),
        (error) => this.#keep(check, error),
      )
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #verify(check: ChainCheck): Promise<void> {
    const { offset: to } = await this.#log.tail();
    if (to < check.tail.offset) return this.#forgetIf(check); // cut back
    if (this.#check === check) this.#to = to;
    for await (const page of this.#log.readAll({ from: check.tail.offset + 1, to })) {
      for (const event of page) {
        const fault = check.next(event, () => 0);
        if (fault !== undefined) throw chainBroken(check.tail.offset + 1, fault);
      }
      if (this.#isClosed || this.#check !== check) return;
      await nextTurn();
    }
    await this.#assertNoGap(check.tail.offset, to);
  }

  /** A log that was cut back has less than its tail said; one with less of which the tail still says so has lost events. */
  async #assertNoGap(seen: number, to: number): Promise<void> {
    if (seen >= to || (await hashAt(this.#log, seen + 1)) !== undefined) return;
    const { offset } = await this.#log.tail();
    if (offset >= to) throw chainBroken(seen + 1, `the log ends at ${seen}, its tail says ${offset}`);
  }

  /** What an end of a run says, unless somebody wants to know it anew meanwhile. */
  async #keep(check: ChainCheck, error: unknown): Promise<void> {
    if (this.#check !== check) return;
    this.#checkedAt = new Date().toISOString();
    if (!(error instanceof IntegrityError)) {
      const trouble = error === null ? null : { ...troubleOf(error), since: this.#trouble?.since ?? this.#checkedAt };
      this.#trouble = trouble;
      return;
    }
    const { offset, hash } = check.tail;
    // A log that was cut back and goes on otherwise breaks nothing: it is another history.
    const stored = await hashAt(this.#log, offset).catch(() => hash);
    if (this.#check !== check) return;
    if (stored !== hash) this.#forget();
    else this.#fault = faultOf(error, offset + 1);
  }

  #forgetIf(check: ChainCheck): void {
    if (this.#check === check) this.#forget();
  }
}

function faultOf({ offset = 0, code, message, hint }: IntegrityError & SessionDbError, next: number) {
  return { offset: offset > 0 ? offset : next, code, message, hint: hint ?? null };
}
