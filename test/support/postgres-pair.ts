import pg from "pg";
import { cleanUp } from "./clean-up.js";
import { OwnPostgres } from "./postgres-server.js";
import { TcpProxy } from "./tcp-proxy.js";
import { until } from "./until.js";

const STANDBY_NAME = "standby1";

/** Two real servers: a primary, and a standby that streams from it through a network that can be cut. */
export class PostgresPair {
  readonly primary: OwnPostgres;
  readonly standby: OwnPostgres;
  /** Between the two. */
  readonly network: TcpProxy;

  private constructor(primary: OwnPostgres, standby: OwnPostgres, network: TcpProxy) {
    this.primary = primary;
    this.standby = standby;
    this.network = network;
  }

  /** Everything is stopped when the test ends. */
  static async start(): Promise<PostgresPair> {
    const primary = await OwnPostgres.start({});
    cleanUp(() => primary.close());
    const network = await TcpProxy.start(primary.url);
    cleanUp(() => network.close());
    const { hostname, port } = new URL(network.url);
    const conninfo = `host=${hostname} port=${port} user=postgres application_name=${STANDBY_NAME}`;
    const conf = { primary_conninfo: conninfo, wal_retrieve_retry_interval: "100ms", hot_standby_feedback: "off" };
    const standby = await OwnPostgres.start({ conf, copyOf: primary });
    cleanUp(() => standby.close());
    const pair = new PostgresPair(primary, standby, network);
    await until("the standby streams", () => pair.#isStreaming());
    return pair;
  }

  /** Both, as one address. */
  get url(): string {
    return this.primary.url.replace(/@[^/]*/, (host) => `${host},${new URL(this.standby.url).host}`);
  }

  /** From now on nothing is confirmed that the standby has not on its disk. */
  async beSynchronous(): Promise<void> {
    await run(this.primary.url, `ALTER SYSTEM SET synchronous_standby_names = '${STANDBY_NAME}'`);
    await run(this.primary.url, "SELECT pg_reload_conf()");
    const isSync = async () => (await run(this.primary.url, STREAMS))[0]?.sync_state === "sync";
    await until("the standby is synchronous", isSync);
  }

  /** The standby hears nothing of what the primary does from now on. */
  cutNetwork(): Promise<void> {
    return this.network.close();
  }

  async promote(): Promise<void> {
    await run(this.standby.url, "SELECT pg_promote()");
  }

  async #isStreaming(): Promise<boolean> {
    return (await run(this.primary.url, STREAMS))[0]?.state === "streaming";
  }
}

const STREAMS = `SELECT state, sync_state FROM pg_stat_replication WHERE application_name = '${STANDBY_NAME}'`;

async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
