import { SessionDbError } from "../../../../errors.js";
import type { ReadPlace } from "../../../event-log.js";
import { maskText } from "../../../mask-url.js";
import { Connections } from "../connection/connections.js";
import type { PgSession } from "../connection/pg-session.js";
import { assertNoRowsHidden } from "../hidden-rows.js";
import type { PostgresActs } from "../postgres-acts.js";
import { isConnectionLost, sqlState } from "../postgres-failures.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { PostgresAddress } from "../postgres-url.js";
import type { PostgresReader } from "../read/postgres-reader.js";
import type { ServerHistory } from "./server-history.js";
import { NoServer } from "./server-role.js";
import type { StandbyCheck } from "./standby-check.js";

/** How long a standby that could not answer is left alone; the primary answers meanwhile. */
const PAUSE_MS = 5_000;
/** While the primary is away a standby is believed; so often it is tried whether it may be. */
const PROVE_AGAIN_MS = 60_000;
/** Reads that were cancelled because the standby had to replay something are made again so often. */
const MAX_ATTEMPTS = 4;

export type ReadAct<T> = (session: PgSession, atPrimary: boolean) => Promise<T>;

export interface StandbyReadsOptions {
  readonly address: PostgresAddress;
  readonly limits: PostgresLimits;
  readonly maxReaders: number;
  readonly primary: { readonly connections: Connections; readonly acts: PostgresActs };
  readonly history: ServerHistory;
  readonly check: StandbyCheck;
  readonly reader: PostgresReader;
  readonly notify: (code: string, message: string) => void;
}

/**
 * Reads of a log at a hot standby. What is read there is never older than what this process has written or read before: the
 * standby is waited for, and where it does not come so far in time, the primary answers. So does it wherever the standby
 * cannot: it is away, was promoted, or follows another history. Why is told once, until the standby answers again.
 */
export class StandbyReads {
  readonly #options: StandbyReadsOptions;
  readonly #connections: Connections;
  #pausedUntil = 0;
  #why: string | undefined;
  /** When to ask again; set where no primary could be asked whether a standby has the same history. */
  #proveAt = Number.POSITIVE_INFINITY;

  constructor(options: StandbyReadsOptions) {
    this.#options = options;
    const { address, limits, maxReaders } = options;
    this.#connections = new Connections(address, limits, maxReaders, (session) => this.#greet(session));
  }

  /** `act` is told whether it asks the primary. */
  async read<T>(operation: string, act: ReadAct<T>): Promise<T> {
    const { acts } = this.#options.primary;
    const atPrimary = () => acts.read(operation, (session) => act(session, true));
    if (performance.now() < this.#pausedUntil || this.#options.history.endsAtCut) return atPrimary();
    this.#proveAgain();
    try {
      const answer = await this.#atStandby(act);
      this.#why = undefined;
      return answer;
    } catch (error) {
      // Our own errors speak of what is stored, and programmers' mistakes of themselves: no other server knows better.
      if (error instanceof SessionDbError || error instanceof TypeError) throw error;
      this.#pause(error);
      return atPrimary();
    }
  }

  /** How far the standby is, and how far the primary. @throws what the server says that answers */
  async place(): Promise<ReadPlace> {
    const { primary, reader, address } = this.#options;
    const tailOf = (session: PgSession) => reader.tail(session);
    const primaryTail = await primary.acts.read("readPlace", tailOf).catch(() => undefined);
    try {
      const { offset } = await this.#connections.reading(tailOf);
      return { url: address.url, offset, primaryOffset: primaryTail?.offset ?? null };
    } catch (error) {
      return { url: address.url, offset: null, primaryOffset: primaryTail?.offset ?? null, fault: textOf(error) };
    }
  }

  /** Another server has become the primary: which history a standby has is asked again. */
  greetAgain(): void {
    this.#connections.greetAgain();
    this.#pausedUntil = 0;
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  async #atStandby<T>(act: ReadAct<T>): Promise<T> {
    const { check, history } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#connections.reading(async (session) => {
          await check.reach(session, history);
          const answer = await act(session, false);
          check.assertStillStandby(session);
          return answer;
        });
      } catch (error) {
        // 40001, and 40P01 for a page that was wanted: what the primary has removed meanwhile had to go.
        const isConflict = /^(40001|40P01)$/.test(sqlState(error) ?? "");
        if (!isConflict || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #greet(session: PgSession): Promise<void> {
    const { check, primary } = this.#options;
    check.watch(session);
    await assertNoRowsHidden(session, this.#options.address.schema); // it may be another user
    try {
      const hashAt = (offset: number) => primary.connections.reading((other) => check.hashAt(other, offset));
      await check.assertSameHistory(session, hashAt);
    } catch (error) {
      if (!isConnectionLost(error) && !(error instanceof NoServer)) throw error;
      this.#proveAt = performance.now() + PROVE_AGAIN_MS;
    }
  }

  #proveAgain(): void {
    if (performance.now() < this.#proveAt) return;
    this.#proveAt = Number.POSITIVE_INFINITY;
    this.#connections.greetAgain();
  }

  #pause(error: unknown): void {
    this.#pausedUntil = performance.now() + PAUSE_MS;
    const why = textOf(error);
    if (this.#why === why) return;
    this.#why = why;
    this.#options.notify("READ_FROM_PRIMARY", `the standby ${this.#options.address.url} is not read from: ${why}`);
  }
}

function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}
