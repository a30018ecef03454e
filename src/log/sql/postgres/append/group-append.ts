import type { SealedEvent } from "../../../event.js";
import type { SealOutcome } from "../../../seal.js";
import type { AppendAttempt, EarlierAttempt } from "../postgres-acts.js";
import { CommitUnknown, isConnectionLost } from "../postgres-failures.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { LogServers } from "../servers/log-servers.js";
import type { Announcer } from "./announcer.js";
import type { Group } from "./append-view.js";
import { fitsOneMessage } from "./group-parts.js";
import type { PostgresWriter } from "./postgres-writer.js";

interface GroupAppendParts {
  readonly servers: LogServers;
  readonly writer: PostgresWriter;
  /** undefined: others find by looking what was appended. */
  readonly announcer: Announcer | undefined;
  /** Called after a group of which something was written. */
  readonly ring: () => void;
  readonly onRetry: PostgresLimits["onRetry"];
}

/** Writes a group of appends, at once where nobody hinders it, else with all that meets failures; then tells who listens. */
export class GroupAppend {
  readonly #servers: LogServers;
  readonly #writer: PostgresWriter;
  readonly #announcer: Announcer | undefined;
  readonly #ring: () => void;
  readonly #onRetry: PostgresLimits["onRetry"];
  readonly #attempt: AppendAttempt = (part, uncertain) => this.#writer.append(part, uncertain);

  constructor({ servers, writer, announcer, ring, onRetry }: GroupAppendParts) {
    this.#servers = servers;
    this.#writer = writer;
    this.#announcer = announcer;
    this.#ring = ring;
    this.#onRetry = onRetry;
  }

  async append(group: Group): Promise<readonly SealOutcome[]> {
    const beganMs = performance.now();
    let earlier: EarlierAttempt = { uncertain: false, beganMs, error: undefined };
    let outcomes: readonly SealOutcome[] | undefined;
    try {
      if (fitsOneMessage(group)) outcomes = await this.#writer.appendAtOnce(group);
    } catch (error) {
      // Whatever it was, the longer way meets it again and deals with it; only whether it was committed is not known.
      const uncertain = isConnectionLost(error) || error instanceof CommitUnknown;
      if (uncertain) this.#onRetry?.(error);
      earlier = { uncertain, beganMs, error };
    }
    outcomes ??= await this.#servers.acts.append(group, this.#attempt, earlier);
    if (this.#writer.tail !== undefined) this.#servers.history.wrote(this.#writer.tail);
    const written = outcomes.findLast((outcome) => outcome.kind === "sealed");
    if (written !== undefined) this.#tell(written.events.at(-1) as SealedEvent);
    return outcomes;
  }

  /** What was announced last is told, or soon after dropped where the server does not answer. */
  async close(): Promise<void> {
    await this.#announcer?.close();
  }

  #tell({ offset }: SealedEvent): void {
    const { announcing } = this.#writer;
    if (announcing !== "done") this.#announcer?.announce(offset, announcing === "others");
    this.#ring();
  }
}
