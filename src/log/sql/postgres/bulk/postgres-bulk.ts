import { ChainBreakError, IntegrityError } from "../../../../errors.js";
import { archivedForGood } from "../../../archives.js";
import type { SealedEvent } from "../../../event.js";
import type { RedactResult } from "../../../event-log.js";
import { type PreparedRedaction, sealedOf } from "../../../prepare-redaction.js";
import { assertErasable, assertInLog, REDACTIONS_STREAM } from "../../../redaction.js";
import { seal, type Tail } from "../../../seal.js";
import { StreamVersions } from "../../stream-versions.js";
import type { AppendStatements, Look } from "../append/append-statements.js";
import type { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { tailOfRow, tailSql } from "../event-rows.js";
import { ALLOW_CHANGE, type LogLock } from "../log-lock.js";
import { widenGuardsLocked } from "../partitions/partition-guard.js";
import type { PostgresLimits } from "../postgres-options.js";
import { PostgresRedaction } from "../postgres-redaction.js";
import { copyLocked } from "./copy-locked.js";
import { COPY_COLUMNS, copyChunks } from "./copy-text.js";
import type { SealedLoad } from "./sealed-load.js";

/** As many as may change in turn, without asking the server for each of them in each load. */
const MAX_STREAMS = 100_000;

/** The acts on any number of events: loading what another log has sealed, cutting back, redaction. Each is one transaction. */
export class PostgresBulk {
  readonly #tables: Tables;
  readonly #statements: AppendStatements;
  readonly #redaction: PostgresRedaction;
  readonly #archived: ArchivedRows;
  readonly #lock: LogLock;
  readonly #limits: PostgresLimits;
  readonly #copyIn: string;
  readonly #channel: string | undefined;
  readonly #tell: Statement | undefined;
  readonly #keepAppendsOut: string;
  readonly #cut: Statement;
  readonly #clamp: Statement;
  readonly #tail: Statement;
  /** From one load to the next: else the server would look up each stream in each batch. */
  readonly #versions = new StreamVersions(MAX_STREAMS);

  constructor(
    tables: Tables,
    statements: AppendStatements,
    archived: ArchivedRows,
    lock: LogLock,
    limits: PostgresLimits,
    channel?: string,
  ) {
    const { events } = tables;
    this.#tables = tables;
    this.#archived = archived;
    this.#statements = statements;
    this.#redaction = new PostgresRedaction(tables);
    this.#lock = lock;
    this.#limits = limits;
    this.#copyIn = `COPY ${events} (${COPY_COLUMNS}) FROM STDIN`;
    this.#channel = channel;
    this.#tell = channel === undefined ? undefined : statement(`SELECT pg_notify('${channel}', $1::text)`);
    this.#keepAppendsOut = `LOCK TABLE ${events} IN SHARE ROW EXCLUSIVE MODE`;
    this.#cut = statement(`DELETE FROM ${events} WHERE "offset" > $1`);
    this.#clamp = statement(
      `UPDATE ${events} SET "commit" = $1 WHERE "offset" <= $1 AND "offset" > coalesce(
         (SELECT "offset" FROM ${events} WHERE "offset" <= $1 AND "commit" <= $1 ORDER BY "offset" DESC LIMIT 1), 0)`,
    );
    this.#tail = statement(tailSql(tables));
  }

  /** `uncertain`: an earlier attempt may have committed; then the log ends with these events. */
  async appendSealed(session: PgSession, load: SealedLoad, uncertain: boolean): Promise<Tail> {
    const act = (rows: unknown[][]) => this.#appendSealedLocked(session, load, uncertain, tailOfRow(rows[0]));
    const ask = this.#askTail(load);
    const tail = await (load.named.length === 0
      ? this.#lock.runAsking(session, ask, act, this.#bulkMs)
      : this.#erasing(session, async () => act(await session.script(ask))));
    this.#versions.learn(load.run.ends(), tail);
    return tail;
  }

  /** Rings, too, when it commits: for nothing, where nothing is written, but in one round trip. */
  #askTail({ run }: SealedLoad): string {
    if (this.#channel === undefined || run.isEmpty) return this.#tail.text;
    return `SELECT pg_notify('${this.#channel}', '${run.tail.offset}');\n${this.#tail.text}`;
  }

  async #appendSealedLocked(
    session: PgSession,
    { run, chunks, named }: SealedLoad,
    uncertain: boolean,
    tail: Tail,
  ): Promise<Tail> {
    const last = run.tail;
    if (run.isEmpty || (uncertain && last.offset === tail.offset && last.hash === tail.hash)) return tail;
    const before = await this.#versionsLocked(session, tail, run.streams);
    run.assertContinues(tail, (stream) => before.get(stream) ?? 0);
    await this.#assertStored(session, named[0]);
    await this.#copyLocked(session, tail, chunks);
    if (named.length > 0) await this.#redaction.eraseLocked(session, named, last.hash, this.#bulkMs);
    return last;
  }

  /** Versions at `tail`: what is remembered of that very tail is not asked for. */
  async #versionsLocked(
    session: PgSession,
    tail: Tail,
    streams: Iterable<string>,
  ): Promise<ReadonlyMap<string, number>> {
    this.#versions.at(tail);
    const found = new Map<string, number>();
    if (tail.offset === 0) return found;
    const unknown: string[] = [];
    for (const stream of streams) {
      const version = this.#versions.get(stream);
      if (version === undefined) unknown.push(stream);
      else found.set(stream, version);
    }
    if (unknown.length === 0) return found;
    const { versions } = await this.#statements.look(session, unknown, []);
    for (const [i, stream] of unknown.entries()) found.set(stream, versions[i] ?? 0);
    return found;
  }

  #copyLocked(session: PgSession, { offset }: Tail, chunks: readonly Buffer[]): Promise<void> {
    return copyLocked(session, { sql: this.#copyIn, chunks, behind: offset, bulkMs: this.#bulkMs });
  }

  /** `uncertain`: an earlier attempt may have committed; then the record stands in the log. */
  async redact(
    session: PgSession,
    prepared: PreparedRedaction,
    now: () => Date,
    uncertain: boolean,
  ): Promise<Omit<RedactResult, "remains">> {
    const ids = prepared.append.map(({ id }) => id);
    const act = async () => {
      const streams = [...new Set(prepared.append.map(({ stream }) => stream))];
      const look = await this.#statements.look(session, streams, ids);
      const there = await this.#statements.eventsAt(session, look.offsets);
      // How many had data is not known then: all that are named have none now.
      if (uncertain && there.length === ids.length) return { events: there, erased: prepared.offsets.length };
      return this.#redactLocked(session, prepared, look, new Map(there.map((event) => [event.id, event])), now());
    };
    return this.#erasing(session, act);
  }

  #erasing<T>(session: PgSession, act: () => Promise<T>): Promise<T> {
    return this.#lock.runBehind(session, () => this.#redaction.forgetModels(session, this.#bulkMs), act, this.#bulkMs);
  }

  async #redactLocked(
    session: PgSession,
    { offsets, append, recordId }: PreparedRedaction,
    { tail, versions }: Look,
    byId: ReadonlyMap<string, SealedEvent>,
    now: Date,
  ): Promise<Omit<RedactResult, "remains">> {
    assertInLog(offsets, tail.offset);
    await this.#assertStored(session, offsets[0]);
    const record = await this.#redaction.recordAmong(session, offsets);
    if (record !== undefined) assertErasable({ stream: REDACTIONS_STREAM, offset: record });
    const streams = [...new Set(append.map(({ stream }) => stream))];
    const found = new Map(streams.map((stream, i) => [stream, versions[i] ?? 0]));
    const known = { versionOf: (stream: string) => found.get(stream) ?? 0, eventById: (id: string) => byId.get(id) };
    const { outcomes } = seal(tail, [append], known, now);
    const events = sealedOf(outcomes);
    await this.#copyLocked(session, tail, [...copyChunks(events)]);
    const erased = await this.#redaction.eraseLocked(session, offsets, recordId, this.#bulkMs);
    await this.#tellLocked(session, (events.at(-1) as SealedEvent).offset);
    return { events, erased };
  }

  /** `uncertain`: an earlier attempt may have committed; then the log ends at `offset`. */
  async truncateAfter(session: PgSession, offset: number, expected: Tail, uncertain: boolean): Promise<Tail> {
    const cut = async () => {
      const tail = await this.#tailLocked(session);
      if (uncertain && tail.offset === offset) return tail;
      assertEndsAt(tail, expected);
      await this.#assertStored(session, offset);
      return offset >= tail.offset ? tail : this.#cutLocked(session, offset);
    };
    return this.#lock.run(session, cut, this.#bulkMs);
  }

  async #cutLocked(session: PgSession, offset: number): Promise<Tail> {
    await session.script(ALLOW_CHANGE);
    await session.rows(this.#cut, [offset], this.#bulkMs);
    await session.rows(this.#clamp, [offset], this.#bulkMs);
    await widenGuardsLocked(session, this.#tables, offset);
    const tail = await this.#tailLocked(session);
    if (tail.offset !== offset) throw missing(offset);
    await this.#tellLocked(session, offset);
    // An append that looked before the cut must not go on behind what it saw (appendCondition). Such ones are waited for
    // here, and find the log's lock taken; later ones wait for the end of this transaction, which is next, and look then.
    await session.script(this.#keepAppendsOut);
    return tail;
  }

  /** @throws ArchivedError where the offset is not in the table any more */
  async #assertStored(session: PgSession, offset: number | undefined): Promise<void> {
    const last = offset === undefined ? undefined : await this.#archived.last(session);
    if (last !== undefined && (offset as number) <= last.to) throw archivedForGood(`offset ${offset}`, last);
  }

  async #tailLocked(session: PgSession): Promise<Tail> {
    const [row] = await session.rows(this.#tail, [], this.#bulkMs);
    return tailOfRow(row);
  }

  async #tellLocked(session: PgSession, offset: number): Promise<void> {
    if (this.#tell !== undefined) await session.rows(this.#tell, [offset]);
  }

  get #bulkMs(): number {
    return this.#limits.bulkTimeoutMs;
  }
}

function assertEndsAt(tail: Tail, expected: Tail): void {
  if (tail.offset === expected.offset && tail.hash === expected.hash) return;
  throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expected.offset}`, tail.offset, {
    hint: "somebody has appended since: look at the new events before cutting",
  });
}

function missing(offset: number): IntegrityError {
  return new IntegrityError("EVENTS_MISSING", `the event at offset ${offset} is not there; nothing was cut`, {
    offset,
    hint: "run: sessiondb verify",
  });
}
