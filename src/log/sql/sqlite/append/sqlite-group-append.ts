import { AppendOutcomeUnknownError } from "../../../../errors.js";
import type { PreparedEvent } from "../../../prepare.js";
import type { SealOutcome } from "../../../seal.js";
import { retryWhileBusy } from "../busy-retry.js";
import { CommitFailure, isBusy, translateError } from "../sqlite-errors.js";
import { translateMoved } from "../sqlite-freeze.js";
import type { SqliteWriter } from "./sqlite-writer.js";

type Group = readonly (readonly PreparedEvent[])[];
type Outcomes = readonly SealOutcome[];

interface GroupAppendOptions {
  readonly writer: SqliteWriter;
  readonly url: string;
  /** How long a group is tried again while others hold the lock. */
  readonly limitMs: number;
  /** Called after something was stored. */
  ring(): void;
}

/** Writes groups of appends: at once where nobody else holds the lock, without a promise, else when it is free. */
export class SqliteGroupAppend {
  readonly #options: GroupAppendOptions;

  constructor(options: GroupAppendOptions) {
    this.#options = options;
  }

  /** @throws what SQLite says, translated; AppendOutcomeUnknownError where the disk did not confirm the commit */
  flush(group: Group): Outcomes | Promise<Outcomes> {
    try {
      return this.#write(group);
    } catch (error) {
      if (isBusy(error)) return this.#flushLater(group);
      throw this.#errorOf(error, group);
    }
  }

  async #flushLater(group: Group): Promise<Outcomes> {
    try {
      return await retryWhileBusy(this.#options.limitMs, () => this.#write(group));
    } catch (error) {
      throw this.#errorOf(error, group);
    }
  }

  #write(group: Group): Outcomes {
    const outcomes = this.#options.writer.append(group);
    if (outcomes.some(({ kind }) => kind === "sealed")) this.#options.ring();
    return outcomes;
  }

  #errorOf(error: unknown, group: Group): unknown {
    const { url } = this.#options;
    const translated = translateError(translateMoved(error, url), url);
    if (!(error instanceof CommitFailure)) return translated;
    const ids = group.flatMap((append) => append.map(({ id }) => id));
    return new AppendOutcomeUnknownError(ids, translated);
  }
}
