import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { PartitionState } from "../../partitions.js";
import type { PartSizes, PostgresExam, PostgresFacts } from "../../store-exam.js";
import { schemaFacts } from "../schema/ensure-schema.js";
import { connectClient } from "./connection/connect-client.js";
import { Connections } from "./connection/connections.js";
import type { PgSession } from "./connection/pg-session.js";
import { statement, tablesOf } from "./connection/statement.js";
import { eventsTable, readState } from "./partitions/partition-catalog.js";
import { translateError } from "./postgres-errors.js";
import { limitsOf, type PostgresLimits, type PostgresLogOptions } from "./postgres-options.js";
import { PostgresSchema } from "./postgres-schema.js";
import { relationSizes } from "./postgres-sizes.js";
import { type PostgresAddress, parsePostgresUrl } from "./postgres-url.js";

/** A notification takes a millisecond; a pooler drops it for good. */
const HEARING_MS = 3_000;

const SETTINGS = statement(
  `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
     current_setting('synchronous_commit'), pg_is_in_recovery()`,
);

/** What waits for others is allowed to be lost with the server: requests, and read models. */
const UNLOGGED = statement(
  `WITH RECURSIVE log (oid) AS (
     SELECT c.oid FROM pg_class c WHERE c.relnamespace = to_regnamespace($1)
       AND c.relname IN ('events', 'sidecar', 'archives', 'archived_streams', 'archived_ids', 'schema_migrations')
     UNION ALL SELECT i.inhrelid FROM log JOIN pg_inherits i ON i.inhparent = log.oid)
   SELECT c.oid::regclass::text FROM log JOIN pg_class c USING (oid) WHERE c.relpersistence = 'u' ORDER BY 1`,
);

/** A Postgres log as a server and a schema. Every question has a connection of its own. */
export class PostgresServerExam implements PostgresExam {
  readonly kind = "postgres";
  readonly #address: PostgresAddress;
  readonly #listenAddress: PostgresAddress;
  readonly #limits: PostgresLimits;

  /** @throws UsageError STORE_URL_INVALID */
  constructor(url: string, options: PostgresLogOptions = {}) {
    this.#address = parsePostgresUrl(url);
    const { listenUrl } = options;
    this.#listenAddress = listenUrl === undefined ? this.#address : parsePostgresUrl(listenUrl);
    this.#limits = limitsOf(options);
  }

  async facts(): Promise<PostgresFacts> {
    return this.#connected(async (session, host) => {
      const [row = []] = await session.rows(SETTINGS);
      const [serverVersion, fsync, fullPageWrites, synchronousCommit, inRecovery] = row as [
        string,
        string,
        string,
        string,
        boolean,
      ];
      const { url, schema } = this.#address;
      const store = new PostgresSchema(session, url, tablesOf(schema), this.#limits);
      const settings = { host, serverVersion, fsync, fullPageWrites, synchronousCommit, inRecovery };
      const unlogged = (await session.rows(UNLOGGED, [`"${schema}"`])).map(([table]) => String(table));
      return { ...settings, unlogged, schema: await schemaFacts(store) };
    });
  }

  partitions(): Promise<PartitionState> {
    const { url, schema } = this.#address;
    return this.#connected(async (session) => {
      await eventsTable(session, tablesOf(schema), url);
      return readState(session, tablesOf(schema));
    });
  }

  async sizes(): Promise<PartSizes> {
    const { url, schema } = this.#address;
    return this.#connected((session) => relationSizes(session, url, tablesOf(schema)));
  }

  async hearsNotifications(): Promise<boolean> {
    // Nobody else listens there.
    const channel = `sessiondb_doctor_${randomBytes(6).toString("hex")}`;
    let listener: pg.Client | undefined;
    try {
      listener = await connectClient(this.#listenAddress, this.#limits);
      const heard = heardOn(listener, channel);
      await listener.query(`LISTEN ${channel}`);
      await this.#connected((session) => session.rows(statement("SELECT pg_notify($1, '')"), [channel]));
      return await heard;
    } catch (error) {
      throw translateError(error, this.#address.url);
    } finally {
      await listener?.end().catch(() => undefined); // it may be the connection that failed
    }
  }

  async #connected<T>(act: (session: PgSession, host: string) => Promise<T>): Promise<T> {
    const connections = new Connections(this.#address, this.#limits, 1, undefined, false);
    try {
      return await connections.reading((session) => act(session, connections.place.name));
    } catch (error) {
      throw translateError(error, this.#address.url);
    } finally {
      await connections.close();
    }
  }
}

function heardOn(listener: pg.Client, channel: string): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), HEARING_MS);
    listener.on("notification", (message) => {
      if (message.channel !== channel) return;
      clearTimeout(timer);
      resolve(true);
    });
  });
}
