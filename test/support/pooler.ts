import { spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { cleanUp } from "./clean-up.js";
import { freePort } from "./free-port.js";
import { serverUser } from "./postgres-binaries.js";
import { tempDir } from "./temp.js";
import { until } from "./until.js";

/** Where Debian and its kin put it; elsewhere PGBOUNCER names it. */
const PROGRAM = process.env.PGBOUNCER ?? "/usr/sbin/pgbouncer";

/** Few, so that clients really share them. */
const SERVER_CONNECTIONS = 4;

/** Whether a pooler can be started here at all. */
export const HAS_POOLER = existsSync(PROGRAM);

export interface Pooler {
  /** The same database, schema and user, through the pooler. */
  through(url: string): string;
  /** Ends it at once, as a crash does, and starts it again on the same port. */
  crash(): Promise<void>;
}

/** A pgbouncer in transaction mode in front of the server of this address; it ends after the test. */
export async function startPooler(serverUrl: string): Promise<Pooler> {
  const port = await freePort();
  const folder = tempDir("/tmp");
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(config, configuration(new URL(serverUrl), port));
  chmodSync(folder, 0o755);
  const start = () => spawn(PROGRAM, ["-q", config], { ...serverUser(), cwd: folder, stdio: "ignore" });
  let running = start();
  const end = async () => {
    const gone = new Promise((resolve) => running.once("exit", resolve));
    if (running.exitCode === null && running.signalCode === null && running.kill("SIGKILL")) await gone;
  };
  cleanUp(end);
  const through = (url: string) => Object.assign(new URL(url), { port: String(port) }).href;
  const crash = async () => {
    await end();
    running = start();
    await until("the pooler answers", () => answers(through(serverUrl)), 60_000);
  };
  await until("the pooler answers", () => answers(through(serverUrl)), 60_000);
  return { through, crash };
}

function configuration({ hostname, port: serverPort }: URL, port: number): string {
  return [
    "[databases]",
    `* = host=${hostname} port=${serverPort} user=postgres`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = any",
    "pool_mode = transaction",
    `default_pool_size = ${SERVER_CONNECTIONS}`,
    "max_client_conn = 500",
    "",
  ].join("\n");
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined); // the next attempt decides
  try {
    await client.connect();
    return (await client.query("SELECT 1")).rowCount === 1;
  } catch {
    return false; // not yet; the limit of `until` turns "never" into an error
  } finally {
    await client.end().catch(() => undefined);
  }
}
