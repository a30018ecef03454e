import type { PreparedEvent } from "../../../prepare.js";
import type { QueueClaimed, QueueClaims } from "../../../queue-claim.js";
import type { PostgresActs } from "../postgres-acts.js";
import type { ServerHistory } from "../servers/server-history.js";
import type { Announcer } from "./announcer.js";
import type { ServerClaims } from "./server-claims.js";

interface ClaimAppendParts {
  readonly acts: PostgresActs;
  readonly history: ServerHistory;
  readonly claims: ServerClaims;
  /** undefined: others find by looking what was appended. */
  readonly announcer: Announcer | undefined;
  /** Called after claims of which something was written. */
  readonly ring: () => void;
  readonly now: () => Date;
}

/** Claims as one call of the server, with all that meets failures; then tells who listens. */
export class ClaimAppend {
  readonly #parts: ClaimAppendParts;

  constructor(parts: ClaimAppendParts) {
    this.#parts = parts;
  }

  async claim(claims: QueueClaims, prepared: readonly PreparedEvent[]): Promise<QueueClaimed> {
    const { acts, history, claims: server, announcer, ring, now } = this.#parts;
    if (!server.isPossible) return { outcome: "otherwise" };
    const { claimed, told, tail } = await acts.change("append", (session, uncertain) =>
      server.claim(session, claims, prepared, now(), uncertain),
    );
    if (tail === undefined) return claimed;
    history.wrote(tail);
    if (!told) announcer?.announce(tail.offset, true);
    ring();
    return claimed;
  }
}
