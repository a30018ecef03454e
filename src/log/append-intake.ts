import type { AppendResult, RedactRequest } from "./event-log.js";
import { type Flush, GroupCommit } from "./group-commit.js";
import {
  type AppendOptions,
  type Entropy,
  type PreparedEvent,
  prepareAppend,
  type StreamAppend,
  systemEntropy,
} from "./prepare.js";
import { type PreparedRedaction, prepareRedaction } from "./prepare-redaction.js";
import type { Scrubber } from "./scrubber.js";

export interface IntakeOptions {
  readonly entropy?: Entropy | undefined;
  /** Takes secrets out of what is appended. */
  readonly scrubber?: Scrubber | undefined;
}

/** The way into a log: what comes is checked and made into its texts before any lock is taken, then written in groups. */
export class AppendIntake {
  readonly #entropy: Entropy;
  readonly #scrubber: Scrubber | undefined;
  readonly #groups: GroupCommit;

  constructor({ entropy, scrubber }: IntakeOptions, flush: Flush) {
    this.#entropy = entropy ?? systemEntropy();
    this.#scrubber = scrubber;
    this.#groups = new GroupCommit(flush);
  }

  /** @throws InvalidEventError, TypeError at once; rejects with what `flush` makes of it */
  append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    return this.#groups.submit(this.prepared(Array.isArray(batch) ? batch : [batch], options));
  }

  /** What would go in, for those who write it in a way of their own. @throws InvalidEventError, TypeError */
  prepared(batches: readonly StreamAppend[], options: AppendOptions): PreparedEvent[] {
    return prepareAppend(batches, options, this.#entropy, this.#scrubber);
  }

  /** @throws InvalidEventError */
  redaction(request: RedactRequest, options: AppendOptions): PreparedRedaction {
    return prepareRedaction(request, options, this.#entropy, this.#scrubber);
  }

  /** Refuses new appends and waits for those under way. */
  close(): Promise<void> {
    return this.#groups.close();
  }
}
