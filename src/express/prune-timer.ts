import { UsageError } from "../errors.js";

const DEFAULT_SECONDS = 900;
/** Timers take no more than 2^31 milliseconds. */
const MAX_SECONDS = 1_000_000;

/** Does something again and again, at random between half and one and a half of the interval: servers do it in turn. */
export class PruneTimer {
  readonly #seconds: number | false;
  readonly #act: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** `act` never rejects. */
  constructor(seconds: number | false = DEFAULT_SECONDS, act: () => Promise<unknown>) {
    this.#seconds = seconds;
    this.#act = act;
  }

  /** @throws UsageError WEB_OPTION_INVALID */
  check(): void {
    const given: unknown = this.#seconds; // true would be taken for a second
    if (given === false || (typeof given === "number" && given > 0 && given <= MAX_SECONDS)) return;
    throw new UsageError("WEB_OPTION_INVALID", `pruneInterval is false, or seconds up to ${MAX_SECONDS}`, {
      hint: "for example pruneInterval: 900",
    });
  }

  start(): void {
    if (this.#seconds === false || this.#isOver) return;
    const delayMs = this.#seconds * 1000 * (0.5 + Math.random());
    this.#timer = setTimeout(async () => {
      await this.#act();
      this.start();
    }, delayMs).unref(); // keeps no process alive
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
