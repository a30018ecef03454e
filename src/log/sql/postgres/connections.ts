import pg from "pg";
import { PgSession } from "./pg-session.js";
import { isUnpreparable } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";

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
  readonly #writer: pg.Pool;
  readonly #limits: PostgresLimits;
  /** False once a pooler was met that does not keep prepared statements. */
  #prepare = true;

  constructor(connectionString: string, limits: PostgresLimits, maxReaders: number) {
    this.#limits = limits;
    const config = { ...clientConfig(connectionString, limits), allowExitOnIdle: true, idleTimeoutMillis: IDLE_MS };
    this.#readers = new pg.Pool({ ...config, max: maxReaders });
    this.#writer = new pg.Pool({ ...config, max: 1 });
    // A connection that dies while idle is replaced when it is next needed; without a listener it would end the process.
    for (const pool of [this.#readers, this.#writer]) pool.on("error", () => undefined);
  }

  reading<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    return this.#with(this.#readers, act);
  }

  writing<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    return this.#with(this.#writer, act);
  }

  async close(): Promise<void> {
    await Promise.all([endWithin(this.#readers), endWithin(this.#writer)]);
  }

  async #with<T>(pool: pg.Pool, act: (session: PgSession) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    // What breaks the connection also fails the statement under way, where it is dealt with.
    const ignore = () => undefined;
    client.on("error", ignore);
    const timeoutMs = this.#limits.statementTimeoutMs + ANSWER_GRACE_MS;
    let failed = true;
    try {
      const result = await act(new PgSession(client, this.#prepare, timeoutMs));
      failed = false;
      return result;
    } catch (error) {
      if (isUnpreparable(error)) this.#prepare = false;
      throw error;
    } finally {
      // After any failure the connection is closed: whatever was open on it ends on the server, too.
      client.release(failed);
      client.off("error", ignore);
    }
  }
}

async function endWithin(pool: pg.Pool): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
}
