import { randomBytes, randomUUID } from "node:crypto";
import { ClosedError } from "../../../errors.js";
import { KEY_BYTES, type KeyStore, type SessionKey } from "../../key-store.js";
import { Connections } from "./connection/connections.js";
import { type Statement, statement } from "./connection/statement.js";
import { ifThere } from "./if-there.js";
import { DURABLE } from "./log-lock.js";
import { PostgresActs } from "./postgres-acts.js";
import { limitsOf, type PostgresLogOptions } from "./postgres-options.js";
import { parsePostgresUrl } from "./postgres-url.js";

/** Reading keys is seldom: they are kept in memory once they were read. */
const MAX_CONNECTIONS = 2;

/**
 * Keys that were made at once have one name and a number each. As many, on both sides of one that is asked for, are read
 * with it: a server that was just started has its visitors' keys by few round trips.
 */
const NEAR = 16;
const NUMBERED = /^([0-9a-f-]{36}\.)(\d{1,6})$/;

/**
 * Keys in a table of a schema of its own, `<schema>_keys`, beside that of the log: what is granted, dumped and backed up
 * is decided for each of them. The table is made with the first key. A deleted row leaves the disk with the next VACUUM
 * (autovacuum does it), and the server's WAL and backups when these are dropped.
 */
export class PostgresKeyStore implements KeyStore {
  readonly url: string;
  readonly #connections: Connections;
  readonly #acts: PostgresActs;
  readonly #makeTable: string;
  readonly #insert: Statement;
  readonly #select: Statement;
  readonly #delete: Statement;
  #closing: Promise<void> | undefined;

  constructor(url: string, options: PostgresLogOptions = {}) {
    const address = parsePostgresUrl(url);
    const limits = limitsOf(options);
    const schema = `"${address.schema}_keys"`;
    const table = `${schema}.web_keys`;
    this.url = address.url;
    this.#connections = new Connections(
      address,
      limits,
      Math.min(options.maxConnections ?? MAX_CONNECTIONS, MAX_CONNECTIONS),
    );
    this.#acts = new PostgresActs(this.#connections, limits, address.url, (operation) => this.#assertOpen(operation));
    // The lock, because CREATE … IF NOT EXISTS fails where two servers start at once. One message, so one transaction.
    this.#makeTable = `SELECT pg_advisory_xact_lock(hashtextextended('sessiondb keys', 0));
      CREATE SCHEMA IF NOT EXISTS ${schema};
      CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, key bytea NOT NULL)`;
    // Doing it again after a lost connection must not fail.
    this.#insert = statement(
      `WITH settings AS MATERIALIZED (SELECT ${DURABLE})
       INSERT INTO ${table} (id, key) SELECT id, decode(key, 'hex')
       FROM settings, unnest($1::text[], $2::text[]) AS made (id, key) ON CONFLICT (id) DO NOTHING`,
    );
    this.#select = statement(`SELECT id, encode(key, 'hex') FROM ${table} WHERE id = ANY($1::text[])`);
    this.#delete = statement(
      `WITH settings AS MATERIALIZED (SELECT ${DURABLE})
       DELETE FROM ${table} USING settings WHERE id = ANY($1::text[])`,
    );
  }

  async create(count: number): Promise<readonly SessionKey[]> {
    const name = randomUUID();
    const made = Array.from({ length: count }, (_, i) => ({ id: `${name}.${i}`, key: randomBytes(KEY_BYTES) }));
    const values = [made.map(({ id }) => id), made.map(({ key }) => key.toString("hex"))];
    await this.#acts.read("keys.create", async (session) => {
      const insert = () => session.affected(this.#insert, values);
      if ((await ifThere(insert)) !== undefined) return;
      await session.script(this.#makeTable);
      await insert();
    });
    return made;
  }

  async read(id: string): Promise<readonly SessionKey[]> {
    const ids = idsNear(id);
    const rows = await this.#acts.read("keys.read", (session) => ifThere(() => session.rows(this.#select, [ids])));
    return (rows ?? []).map(([found, key]) => ({ id: String(found), key: Buffer.from(String(key), "hex") }));
  }

  async destroy(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#acts.read("keys.destroy", (session) => ifThere(() => session.affected(this.#delete, [ids])));
  }

  close(): Promise<void> {
    this.#closing ??= this.#connections.close();
    return this.#closing;
  }

  #assertOpen(operation: string): void {
    if (this.#closing !== undefined) throw new ClosedError(operation);
  }
}

function idsNear(id: string): readonly string[] {
  const [, name, number] = NUMBERED.exec(id) ?? [];
  if (name === undefined) return [id];
  const first = Math.max(0, Number(number) - NEAR);
  return Array.from({ length: 2 * NEAR + 1 }, (_, i) => `${name}${first + i}`);
}
