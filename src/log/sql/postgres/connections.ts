import pg from "pg";
import { PgSession } from "./pg-session.js";
import { isUnpreparable } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";
import { WriterConnection } from "./writer-connection.js";

const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 60_000;
/** The server's own limit ends a statement first and says so; only a network that has fallen silent takes longer. */
const ANSWER_GRACE_MS = 1_000;
/** How long a farewell may take on a connection that no longer answers. */
const GOODBYE_MS = 2_000;

export function clientConfig(connectionString: string, limits: PostgresLimits): pg.ClientConfig {
  return {
    connectionString,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    fallback_application_name: "sessiondb",
  };
}

/**
 * The connections of one log: several for reading and for bulk work, and one for appends, of which one group is under
 * way at a time. All are made when they are first needed, and keep no process alive while they are idle.
 */
export class Connections {
  readonly #readers: pg.Pool;
  readonly #writer: WriterConnection;
  readonly #timeoutMs: number;
  /** False once a pooler was met that does not keep prepared statements. */
  #prepare = true;

  constructor(connectionString: string, limits: PostgresLimits, maxReaders: number) {
    const config = clientConfig(connectionString, limits);
    this.#timeoutMs = limits.statementTimeoutMs + ANSWER_GRACE_MS;
    this.#writer = new WriterConnection(config, this.#timeoutMs);
    this.#readers = new pg.Pool({ ...config, allowExitOnIdle: true, idleTimeoutMillis: IDLE_MS, max: maxReaders });
    // A connection that dies while idle is replaced when it is next needed; without a listener it would end the process.
    this.#readers.on("error", () => undefined);
  }

  async reading<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    const client = await this.#readers.connect();
    // What breaks the connection also fails the statement under way, where it is dealt with.
    const ignore = () => undefined;
    client.on("error", ignore);
    let failed = true;
    try {
      const session = new PgSession(client, this.#prepare, { timeoutMs: this.#timeoutMs });
      const result = await this.#run(session, act);
      failed = false;
      return result;
    } finally {
      // After any failure the connection is closed: whatever was open on it ends on the server, too.
      client.release(failed);
      client.off("error", ignore);
    }
  }

  /** One at a time: the next only when the one before has ended. */
  async writing<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    const session = await this.#writer.acquire(this.#prepare);
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
    await Promise.race([Promise.all([this.#readers.end(), this.#writer.close()]), limit]);
    clearTimeout(timer);
  }

  async #run<T>(session: PgSession, act: (session: PgSession) => Promise<T>): Promise<T> {
    try {
      return await act(session);
    } catch (error) {
      if (isUnpreparable(error)) this.#prepare = false;
      throw error;
    }
  }
}
