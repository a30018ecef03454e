/** Claims that go together; more wait for the next turn. */
const MAX_TOGETHER = 32;

/** What became of a claim; "again": nothing yet. */
export type ClaimOutcome<T> = PromiseSettledResult<T> | "again";

/** There was none to claim. */
export const NOTHING: PromiseFulfilledResult<null> = { status: "fulfilled", value: null };

interface Waiting<C, T> {
  readonly claim: C;
  resolve(result: T): void;
  reject(error: unknown): void;
}

/**
 * Claims of one process for one agent: while some are under way, new ones wait and then go together, so that all of them
 * share one question to the queue and one append. Whoever asked first is served first.
 */
export class ClaimGroups<C, T> {
  readonly #settle: (claims: readonly C[]) => Promise<readonly ClaimOutcome<T>[]>;
  #waiting: Waiting<C, T>[] = [];
  #isRunning = false;

  /** `settle` gives an outcome for each claim, in their order; where it throws, all of them fail with that. */
  constructor(settle: (claims: readonly C[]) => Promise<readonly ClaimOutcome<T>[]>) {
    this.#settle = settle;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  claim(claim: C): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ claim, resolve, reject });
      if (!this.#isRunning) this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve(); // so that all that is called in one turn goes together
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_TOGETHER);
      try {
        this.#tell(group, await this.#settle(group.map(({ claim }) => claim)));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isRunning = false;
  }

  #tell(group: readonly Waiting<C, T>[], outcomes: readonly ClaimOutcome<T>[]): void {
    const again: Waiting<C, T>[] = [];
    for (const [i, waiting] of group.entries()) {
      const outcome = outcomes[i] ?? "again";
      if (outcome === "again") again.push(waiting);
      else if (outcome.status === "fulfilled") waiting.resolve(outcome.value);
      else waiting.reject(outcome.reason);
    }
    this.#waiting.unshift(...again);
  }
}
