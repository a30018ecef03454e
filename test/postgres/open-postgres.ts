import pg from "pg";
import { onTestFinished } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import type { PostgresLogOptions } from "../../src/log/sql/postgres/postgres-options.js";
import { cleanUp } from "../support/clean-up.js";
import { TcpProxy } from "../support/tcp-proxy.js";

/** Opens a log that is closed when the test ends. */
export async function openPostgres(url: string, options: PostgresLogOptions = {}): Promise<PostgresLog> {
  const log = await PostgresLog.open(url, { pollMs: 50, ...options });
  onTestFinished(() => log.close());
  return log;
}

/** A connection beside the log, for what a log never does. */
export async function openAdmin(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // the server may be stopped while it is idle
  await client.connect();
  cleanUp(() => client.end());
  return client;
}

export async function openProxy(url: string): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(url);
  onTestFinished(() => proxy.close());
  return proxy;
}

export function schemaOf(url: string): string {
  return new URL(url).searchParams.get("schema") ?? "";
}

/** The key of the advisory lock that every writer of the log takes. */
export function lockKeyOf(url: string): string {
  return `hashtext('sessiondb log'), hashtext('${schemaOf(url)}')`;
}

/** The same address for another user of the database. */
export function asUser(url: string, user: string, password = ""): string {
  const other = new URL(url);
  other.username = user;
  other.password = password;
  return other.href;
}
