import pg from "pg";
import { assertConfirmed } from "../log-lock.js";
import { isReadOnly, isUnpreparable, sqlState } from "../postgres-failures.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { PostgresAddress } from "../postgres-url.js";
import type { ServerPlace, ServerRole } from "../servers/postgres-hosts.js";
import { ServerChoice } from "../servers/server-choice.js";
import { assertRole, NoServer } from "../servers/server-role.js";
import { PgSession } from "./pg-session.js";
import { QuittingClient } from "./quitting-client.js";
import { StatementClock } from "./statement-clock.js";
import { WriterConnection } from "./writer-connection.js";

const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 60_000;
/** The server's own limit ends a statement first and says so; only a network that has fallen silent takes longer. */
const ANSWER_GRACE_MS = 1_000;
const SERVER_FULL = "53300";
/** How long a farewell may take on a connection that no longer answers. */
const GOODBYE_MS = 2_000;

export function clientConfig(place: ServerPlace, limits: PostgresLimits): pg.ClientConfig {
  return {
    connectionString: place.connectionString,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    fallback_application_name: "sessiondb",
  };
}

/** Looks at a server that was just connected to. @throws WrongServer: another one is tried */
export type Greet = (session: PgSession, place: ServerPlace) => Promise<void>;

/**
 * The connections of one log: several for reading and for bulk work, and one for appends, of which one group is under
 * way at a time. All are made when they are first needed, and keep no process alive while they are idle.
 */
export class Connections {
  readonly #choice: ServerChoice;
  readonly #pools = new Map<ServerPlace, pg.Pool>();
  readonly #poolAt: (place: ServerPlace) => pg.Pool;
  readonly #writer = new WriterConnection();
  readonly #connectWriter: () => Promise<PgSession>;
  readonly #timeoutMs: number;
  readonly #greet: Greet | undefined;
  #greeted = new WeakSet<pg.ClientBase>();
  readonly #clocks = new WeakMap<pg.ClientBase, StatementClock>();
  #sessions = new WeakMap<pg.ClientBase, PgSession>();
  /** False once a pooler was met that does not keep prepared statements. */
  #prepare: boolean;

  /**
   * `greet` sees each connection before it is used. `prepare` is false for whoever asks a thing once and does not ask again:
   * behind a pooler another one's statement may stand under the name.
   */
  constructor(
    address: Pick<PostgresAddress, "servers" | "role">,
    limits: PostgresLimits,
    maxReaders: number,
    greet?: Greet,
    prepare = true,
  ) {
    this.#prepare = prepare;
    this.#timeoutMs = limits.statementTimeoutMs + ANSWER_GRACE_MS;
    this.#choice = new ServerChoice(address);
    this.#greet = greet;
    this.#poolAt = (place) => newPool({ ...clientConfig(place, limits), max: maxReaders });
    this.#connectWriter = () =>
      this.#choice.connect((place, role) => {
        const meet = (client: pg.Client) => this.#meet(client, place, role);
        const connecting = this.#writer.connect(clientConfig(place, limits), meet, (client) => this.#sessionOf(client));
        return this.#orMakeRoom(connecting, () => this.#endIdlePools());
      });
  }

  /** The server that was connected to last. */
  get place(): ServerPlace {
    return this.#choice.last;
  }

  /** Each connection is greeted again before it is next used. */
  greetAgain(): void {
    this.#greeted = new WeakSet();
    this.#writer.drop();
  }

  async reading<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    const client = await this.#choice.connect((place, role) => this.#borrow(place, role));
    let failed = true;
    try {
      const result = await this.#run(this.#sessionOf(client), act);
      failed = false;
      return result;
    } finally {
      // After any failure the connection is closed: whatever was open on it ends on the server, too.
      client.release(failed);
    }
  }

  async #borrow(place: ServerPlace, role: ServerRole): Promise<pg.PoolClient> {
    const pool = this.#pools.get(place) ?? this.#poolAt(place);
    this.#pools.set(place, pool);
    const client = await this.#orMakeRoom(pool.connect(), () => this.#writer.dropIdle());
    try {
      await this.#meet(client, place, role);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Where the server has no room for one more, those of ours that nobody uses go: whoever tries again finds theirs. */
  async #orMakeRoom<T>(connecting: Promise<T>, makeRoom: () => void): Promise<T> {
    try {
      return await connecting;
    } catch (error) {
      if (sqlState(error) === SERVER_FULL) makeRoom();
      throw error;
    }
  }

  #endIdlePools(): void {
    for (const [place, pool] of this.#pools) {
      if (pool.idleCount === 0 || pool.waitingCount > 0) continue;
      this.#pools.delete(place);
      pool.end().catch(() => undefined); // what is borrowed of it goes when it is given back
    }
  }

  async #meet(client: pg.ClientBase, place: ServerPlace, role: ServerRole): Promise<void> {
    const greeted = this.#greeted;
    if (greeted.has(client)) return;
    // Nothing is asked twice of one connection, and a pooler may have given it another one's prepared statements.
    const session = new PgSession(client, false, this.#clockOf(client));
    await assertRole(session, role);
    await this.#greet?.(session, place);
    greeted.add(client);
  }

  #sessionOf(client: pg.ClientBase): PgSession {
    const session = this.#sessions.get(client) ?? new PgSession(client, this.#prepare, this.#clockOf(client));
    this.#sessions.set(client, session);
    return session;
  }

  #clockOf(client: pg.ClientBase): StatementClock {
    const clock = this.#clocks.get(client) ?? new StatementClock(client, this.#timeoutMs);
    this.#clocks.set(client, clock);
    return clock;
  }

  /** One at a time: the next only when the one before has ended. */
  async writing<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    const session = this.#writer.acquireOpen() ?? (await this.#connectWriter());
    try {
      return await this.#run(session, act);
    } catch (error) {
      this.#writer.drop();
      throw error;
    } finally {
      this.#writer.release();
    }
  }

  /** The connection for appends, where it is open already; the caller says when it is done with it. */
  writingNow(): PgSession | undefined {
    return this.#writer.acquireOpen();
  }

  doneWriting(failed: boolean): void {
    if (failed) this.#writer.drop();
    this.#writer.release();
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    const pools = [...this.#pools.values()].map((pool) => pool.end());
    await Promise.race([Promise.all([...pools, this.#writer.close()]), limit]);
    clearTimeout(timer);
  }

  #doNotPrepare(): void {
    this.#prepare = false;
    this.#sessions = new WeakMap();
  }

  async #run<T>(session: PgSession, act: (session: PgSession) => Promise<T>): Promise<T> {
    try {
      const result = await act(session);
      assertConfirmed(session);
      return result;
    } catch (error) {
      if (isUnpreparable(error)) this.#doNotPrepare();
      // A server that was told to only read, as the first step of a planned change: the next connection finds the other.
      if (this.#choice.hasSeveral && isReadOnly(error)) throw new NoServer([{ place: this.place, error }]);
      throw error;
    }
  }
}

function newPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...config, Client: QuittingClient, allowExitOnIdle: true, idleTimeoutMillis: IDLE_MS });
  // A connection that dies while idle is replaced when it is next needed; without a listener it would end the process.
  pool.on("error", () => undefined);
  // The same for one that is borrowed, from the first: what breaks it also fails the statement under way.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
