import type { Socket } from "node:net";
import type pg from "pg";
import { PgSession } from "./pg-session.js";
import { QuittingClient } from "./quitting-client.js";

/** How often the time limit is looked at; a statement that has no answer is given up that much too late. */
const MAX_WATCH_MS = 1_000;

/**
 * The connection for appends, made again after it was lost. Two things cost too much for the shortest append: a pool
 * (borrowing and giving back: 25 µs of 300, measured) and a timer for each statement (another 25), so one timer watches
 * all of them. It keeps no process alive but while a statement is under way.
 */
export class WriterConnection {
  readonly #timeoutMs: number;
  #client: pg.Client | undefined;
  #session: PgSession | undefined;
  #watch: NodeJS.Timeout | undefined;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Makes the connection, where none is open. `prepare`: whether it keeps statements; `meet` sees it first, and closes it by
   * throwing.
   */
  async connect(
    config: pg.ClientConfig,
    prepare: boolean,
    meet: (client: pg.Client) => Promise<void>,
  ): Promise<PgSession> {
    const client = new QuittingClient(config);
    // What breaks it while a statement is under way also fails that; without a listener it would end the process.
    client.on("error", () => this.#forget(client));
    client.on("end", () => this.#forget(client));
    await client.connect();
    try {
      await meet(client);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    const watchMs = Math.min(MAX_WATCH_MS, Math.ceil(this.#timeoutMs / 4));
    this.#watch = setInterval(() => this.#endWhereOverdue(client), watchMs).unref();
    this.#session = new PgSession(client, prepare, this);
    return this.#session;
  }

  /** The connection, where one is open. */
  acquireOpen(): PgSession | undefined {
    if (this.#client !== undefined) socketOf(this.#client).ref();
    return this.#session;
  }

  release(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
    if (this.#client !== undefined) socketOf(this.#client).unref();
  }

  /** A statement is sent now: from here its time counts. */
  beginStatement(): void {
    this.#deadline = performance.now() + this.#timeoutMs;
  }

  /** Closes it, and with it on the server whatever is open on it. Does not wait for that. */
  drop(): void {
    this.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#forget(client);
    await client.end();
  }

  #endWhereOverdue(client: pg.Client): void {
    if (performance.now() <= this.#deadline) return;
    socketOf(client).destroy(new Error("Query read timeout"));
  }

  #forget(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#session = undefined;
    this.#deadline = Number.POSITIVE_INFINITY;
    clearInterval(this.#watch);
    socketOf(client).unref(); // a farewell that nobody answers must not hold up the end of the process
  }
}

/** pg's type says only that it is a stream; over TLS it is a socket, too. */
function socketOf(client: pg.Client): Socket {
  return client.connection.stream as Socket;
}
