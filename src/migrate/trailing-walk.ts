import type { EventLog } from "../log/event-log.js";
import { redactionEpoch } from "../log/redaction.js";
import { LogWalk } from "./log-walk.js";
import type { AnyProjection } from "./state-digests.js";

/** As many as are worth a look at once. */
const STEP_EVENTS = 20_000;

export interface TrailOptions {
  readonly projections: readonly AnyProjection[];
  readonly signal?: AbortSignal | undefined;
  /** Events that are read at once, and are waited for. Default 20,000. */
  readonly stepEvents?: number;
}

/**
 * Reads a target back while it is being copied into: a server writes on one processor, and another has little to do then.
 * It only saves time: what it has found wrong, the verification that comes after the copy finds again and tells.
 */
export class TrailingWalk {
  readonly #target: EventLog;
  readonly #options: TrailOptions;
  readonly #walk: LogWalk;
  readonly #epoch: Promise<string | null>;
  #reached = 0;
  #walking: Promise<void> | undefined;
  #ended = false;
  #failed = false;

  constructor(target: EventLog, options: TrailOptions) {
    this.#target = target;
    this.#options = options;
    this.#walk = new LogWalk(target, options.projections);
    this.#epoch = redactionEpoch(target.sidecar);
    this.#epoch.catch(() => undefined); // told by the next await
  }

  /** The target ends at this offset now. */
  reach(offset: number): void {
    this.#reached = offset;
    if (this.#isBehind && this.#walking === undefined) this.#walking = this.#follow();
  }

  /**
   * Goes no further.
   *
   * @returns the walk, as far as it has come; undefined where the target has to be read from its beginning: something was
   *   found wrong, or was erased meanwhile which it had seen
   */
  async end(): Promise<LogWalk | undefined> {
    this.#ended = true;
    await this.#walking;
    const isSame = !this.#failed && (await this.#epoch) === (await redactionEpoch(this.#target.sidecar));
    return isSame ? this.#walk : undefined;
  }

  get #step(): number {
    return this.#options.stepEvents ?? STEP_EVENTS;
  }

  /** By as much as is worth a look. */
  get #isBehind(): boolean {
    return !this.#ended && !this.#failed && this.#reached - this.#walk.tail.offset >= this.#step;
  }

  async #follow(): Promise<void> {
    try {
      while (this.#isBehind) await this.#walk.trail(this.#walk.tail.offset + this.#step, this.#options.signal);
    } catch {
      this.#failed = true;
    } finally {
      this.#walking = undefined;
    }
  }
}
