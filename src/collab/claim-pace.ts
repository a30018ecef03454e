/** Claims of one agent within a second that make it worth its while to hold the front of its queue in memory. */
const BUSY_CLAIMS = 16;
/** A window that nobody has asked for so long is further behind than it is worth. */
const IDLE_MS = 1_000;
/** So many claims must come out of a window, or it was opened for too few. */
const WORTH_CLAIMS = 64;
/** What counts against windows: claims between which others have appended count 2, those that follow one another take 1 away. */
const CROWDED = 6;
const MAX_CROWD = 12;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

interface ClaimPaceOptions {
  readonly busyClaims?: number;
  readonly idleMs?: number;
  readonly crowded?: number;
  readonly pauseMs?: number;
}

/**
 * Whether claims of one agent are better made out of a window in memory: when they are many, and others do not append all
 * the time. Where they do, each append of a claim meets them, and a server that looks behind its lock is faster.
 */
export class ClaimPace {
  readonly #busyClaims: number;
  readonly #idleMs: number;
  readonly #crowded: number;
  #since = performance.now();
  #usedMs = this.#since;
  #claims = 0;
  #served = 0;
  #crowd = 1;
  #pausedUntilMs = 0;
  readonly #firstPauseMs: number;
  #pauseMs: number;

  constructor({
    busyClaims = BUSY_CLAIMS,
    idleMs = IDLE_MS,
    crowded = CROWDED,
    pauseMs = FIRST_PAUSE_MS,
  }: ClaimPaceOptions = {}) {
    this.#firstPauseMs = this.#pauseMs = pauseMs;
    this.#busyClaims = busyClaims;
    this.#idleMs = idleMs;
    this.#crowded = crowded;
  }

  /** Somebody asks for so many tasks now. */
  asked(count: number): void {
    const now = performance.now();
    if (now - this.#since > IDLE_MS) [this.#since, this.#claims] = [now, 0];
    this.#claims += count;
    this.#usedMs = now;
  }

  /** `isNext`: claims stand right behind the last event of this process, and nobody else's between them. */
  heard(isNext: boolean): void {
    this.#crowd = isNext ? Math.max(0, this.#crowd - 1) : Math.min(MAX_CROWD, this.#crowd + 2);
  }

  get isIdle(): boolean {
    return performance.now() - this.#usedMs > this.#idleMs;
  }

  /** Others append so often that windows do not help. */
  get isCrowded(): boolean {
    return this.#crowd >= this.#crowded;
  }

  get isWorthOpening(): boolean {
    const isFree = this.#crowd === 0 || this.#crowded === Number.POSITIVE_INFINITY;
    return isFree && this.#claims >= this.#busyClaims && performance.now() >= this.#pausedUntilMs;
  }

  /** A window is filled, which costs as much as some claims. */
  opened(): void {
    this.#served = 0;
  }

  /** The window gives so many tasks. */
  served(count: number): void {
    this.#served += count;
    if (this.#served > WORTH_CLAIMS) this.#pauseMs = this.#firstPauseMs;
  }

  /** The window says nothing any more. Where it has given too little, none is opened for a while. */
  ended(): void {
    if (this.#served >= WORTH_CLAIMS) return;
    this.#pausedUntilMs = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }
}
