import { shapeKey } from "../../../../query/shape.js";
import type { SealedEvent } from "../../../event.js";
import { bodyTextFrom, bodyTextUpToStream } from "../../../hash-chain.js";
import type { PreparedEvent } from "../../../prepare.js";
import type { QueueClaimed, QueueClaims, QueueTaken } from "../../../queue-claim.js";
import { seal, type Tail } from "../../../seal.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, tailOfRow } from "../event-rows.js";
import { assertConfirmed, type LogLock } from "../log-lock.js";
import { CommitUnknown, isCertain, sqlState } from "../postgres-failures.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { AppendStatements } from "./append-statements.js";
import { arrayText } from "./array-text.js";

/** No right to call it; it is not there; it may not commit where it is called. Nothing was written. */
const IMPOSSIBLE = ["42501", "42883", "2D000"];
/** Nobody may leave requests, or there is no place for them. */
const NO_REQUESTS = ["42501", "42P01"];
/** Of whoever has waited for the lock in vain, and has taken back what he asked for. */
const NOTHING_CLAIMED = "nothing was claimed";
const PARAMETERS = 17;

/** What the server says became of the claims: claim_answer of migrations/0008-claims.ts. */
interface Answer {
  readonly outcome: string;
  readonly told?: boolean;
  readonly offset?: number;
  readonly hash?: string;
  readonly at?: string;
  readonly versions?: readonly number[];
  readonly tasks?: readonly string[];
}

/** Events that were claimed, and whether listeners have heard of them. */
export interface ServerClaimed {
  readonly claimed: QueueClaimed;
  readonly told: boolean;
  /** The end of the log behind the claims; undefined where nothing was claimed. */
  readonly tail: Tail | undefined;
}

const OTHERWISE: ServerClaimed = { claimed: { outcome: "otherwise" }, told: false, tail: undefined };

/** Claims as one call of the server, which migrations/0008-claims.ts explains. */
export class ServerClaims {
  readonly #call: Statement;
  readonly #takeBack: Statement;
  readonly #offsets: Statement;
  readonly #statements: AppendStatements;
  readonly #lock: LogLock;
  readonly #channel: string | null;
  readonly #waitMs: string;
  #isPossible = true;

  constructor(
    { schema, events }: Tables,
    statements: AppendStatements,
    lock: LogLock,
    { lockTimeoutMs }: PostgresLimits,
    channel: string | undefined,
  ) {
    const values = Array.from({ length: PARAMETERS }, (_, i) => `$${i + 1}`);
    this.#call = statement(`CALL "${schema}".claim_among_others(${values.join(", ")}, NULL, NULL)`);
    this.#takeBack = statement(
      `UPDATE "${schema}".claim_requests SET waits = false, datas = '{}', salts = '{}' WHERE waits AND ids && $1::text[]`,
    );
    this.#offsets = statement(`SELECT "offset" FROM ${events} WHERE id = ANY ($1::text[])`);
    this.#statements = statements;
    this.#lock = lock;
    this.#channel = channel ?? null;
    this.#waitMs = String(lockTimeoutMs);
  }

  /** False once it was seen that this user, or this server as it is set, cannot do it. */
  get isPossible(): boolean {
    return this.#isPossible;
  }

  /**
   * One attempt. `prepared`: the events, for the stream that is the prefix. `uncertain`: an earlier attempt with the same
   * events may have been done, or may still wait to be; under the lock it has ended.
   *
   * @throws the driver's errors, where nothing was written; CommitUnknown where it may have been, or may still be
   */
  async claim(
    session: PgSession,
    claims: QueueClaims,
    prepared: readonly PreparedEvent[],
    now: Date,
    uncertain: boolean,
  ): Promise<ServerClaimed> {
    const earlier = uncertain ? await this.#settle(session, prepared) : undefined;
    if (earlier !== undefined) return earlier;
    try {
      const [answer, documents] = await session.call(this.#call, this.#values(claims, prepared, now));
      this.#isPossible = typeof answer === "string";
      if (!this.#isPossible) return OTHERWISE;
      assertConfirmed(session);
      return claimedOf(JSON.parse(answer as string) as Answer, documents ?? "[]", claims, prepared);
    } catch (error) {
      this.#isPossible = !IMPOSSIBLE.includes(sqlState(error) ?? "");
      if (!this.#isPossible) return this.#giveUp(session, prepared);
      throw isCertain(error, NOTHING_CLAIMED) ? error : new CommitUnknown(error);
    }
  }

  /** It may have failed behind the point where others could do it. Where nobody may ask others, nobody was asked. */
  async #giveUp(session: PgSession, prepared: readonly PreparedEvent[]): Promise<ServerClaimed> {
    try {
      return (await this.#settle(session, prepared)) ?? OTHERWISE;
    } catch (error) {
      if (!NO_REQUESTS.includes(sqlState(error) ?? "")) throw new CommitUnknown(error);
      await session.script("ROLLBACK");
      return OTHERWISE;
    }
  }

  /** What became of an earlier attempt; if nothing yet, nothing will. @returns undefined where nothing was claimed */
  async #settle(session: PgSession, prepared: readonly PreparedEvent[]): Promise<ServerClaimed | undefined> {
    const ids = prepared.map(({ id }) => id);
    const events = await this.#lock.run(session, async () => {
      await session.rows(this.#takeBack, [ids]);
      const offsets = (await session.rows(this.#offsets, [ids])).map(([offset]) => countOf(offset));
      return this.#statements.eventsAt(session, offsets);
    });
    if (events.length === 0) return undefined;
    const taken = events.map((event) => ({ event, body: undefined })).sort((a, b) => a.event.offset - b.event.offset);
    return { claimed: { outcome: "claimed", taken }, told: false, tail: taken.at(-1)?.event };
  }

  #values(claims: QueueClaims, prepared: readonly PreparedEvent[], now: Date): (string | null)[] {
    const { shape, owner, readyBy, guard, streamPrefix } = claims;
    const texts = (of: (event: PreparedEvent) => string) => arrayText(prepared.map(of));
    return [
      ...[this.#channel, this.#waitMs, now.toISOString(), shapeKey(shape), owner, readyBy],
      ...[guard.stream, guard.type, String(guard.version), streamPrefix],
      ...[texts(({ id }) => id), texts(({ type }) => type), texts(({ actor }) => actor)],
      ...[texts(({ metaText }) => metaText), texts(({ dataText }) => dataText), texts(({ salt }) => salt)],
      texts(bodyTextUpToStream),
    ];
  }
}

function claimedOf(
  { outcome, told = false, offset, hash, at = "", versions = [], tasks = [] }: Answer,
  documents: string,
  { streamPrefix }: QueueClaims,
  prepared: readonly PreparedEvent[],
): ServerClaimed {
  if (outcome === "none" || outcome === "behind" || outcome === "guarded") {
    return { claimed: { outcome }, told, tail: undefined };
  }
  if (outcome !== "claimed") return OTHERWISE;
  const group = tasks.map((task, i) => [ofStream(prepared[i] as PreparedEvent, streamPrefix + task)]);
  const known = new Map(tasks.map((task, i) => [streamPrefix + task, versions[i] ?? 0]));
  const before = tailOfRow([offset, hash, at]);
  const { events, tail } = seal(
    before,
    group,
    { versionOf: (stream) => known.get(stream) ?? 0, eventById: () => undefined },
    new Date(at), // of whoever had the lock
  );
  const bodies = JSON.parse(documents) as (string | null)[];
  const taken = events.map((event: SealedEvent, i): QueueTaken => ({ event, body: bodies[i] ?? undefined }));
  return { claimed: { outcome, taken }, told, tail };
}

/** The event as if it had been prepared for this stream. */
function ofStream(event: PreparedEvent, stream: string): PreparedEvent {
  return { ...event, stream, bodyText: bodyTextFrom(bodyTextUpToStream(event), stream, event.type) };
}
