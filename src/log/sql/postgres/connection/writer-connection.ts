import type pg from "pg";
import type { PgSession } from "./pg-session.js";
import { QuittingClient } from "./quitting-client.js";
import { socketOf } from "./statement-clock.js";

/**
 * The connection for appends, made again after it was lost. It is no part of a pool, because borrowing and giving back costs
 * too much for the shortest append (25 µs of 300, measured). It keeps no process alive but while it is held.
 */
export class WriterConnection {
  #client: pg.Client | undefined;
  #session: PgSession | undefined;
  #isHeld = false;

  /** Makes the connection, where none is open. `meet` sees it first, and closes it by throwing. */
  async connect(
    config: pg.ClientConfig,
    meet: (client: pg.Client) => Promise<void>,
    sessionOf: (client: pg.Client) => PgSession,
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
    this.#session = sessionOf(client);
    this.#isHeld = true;
    return this.#session;
  }

  /** The connection, where one is open. */
  acquireOpen(): PgSession | undefined {
    if (this.#client === undefined) return undefined;
    this.#isHeld = true;
    socketOf(this.#client).ref();
    return this.#session;
  }

  release(): void {
    this.#isHeld = false;
    if (this.#client !== undefined) socketOf(this.#client).unref();
  }

  /** Closes it, and with it on the server whatever is open on it. Does not wait for that. */
  drop(): void {
    this.close().catch(() => undefined);
  }

  /** As drop, where nobody holds it. */
  dropIdle(): void {
    if (!this.#isHeld) this.drop();
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#forget(client);
    await client.end();
  }

  #forget(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#session = undefined;
    socketOf(client).unref(); // a farewell that nobody answers must not hold up the end of the process
  }
}
